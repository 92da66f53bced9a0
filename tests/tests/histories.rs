//! Random histories over the real endpoints, with photos, wrong clocks, rotten disks and people who mean
//! harm: see [`ruhu_harness::history`].

#![allow(clippy::unwrap_used, clippy::expect_used)]

use std::sync::{Arc, Mutex};

use ruhu_device::{Request, Response};
use ruhu_harness::clock::ServerClock;
use ruhu_harness::history::{Troubles, tell_all};
use ruhu_harness::link::Server;
use ruhu_harness::world::{World, fast_folder};
use ruhu_server::http::Service;
use ruhu_server::hub::Hub;
use tokio::runtime::Runtime;

/// The endpoints, called as functions.
struct Endpoints {
    runtime: Runtime,
    service: Mutex<Option<Service>>,
}

impl Endpoints {
    fn new() -> Endpoints {
        let runtime = tokio::runtime::Builder::new_current_thread().enable_all().build().unwrap();
        Endpoints { runtime, service: Mutex::default() }
    }
}

impl Server for Endpoints {
    fn start(&self, hub: Hub, clock: Arc<ServerClock>) {
        *self.service.lock().unwrap() = Some(Service::new(hub, move || clock.now_ms()));
    }

    fn stop(&self) {
        *self.service.lock().unwrap() = None;
    }

    fn with_hub(&self, act: &mut dyn FnMut(&mut Hub)) {
        self.service.lock().unwrap().as_ref().expect("the server runs").with_hub(act);
    }

    fn answer(&self, request: &Request) -> Option<Response> {
        let guard = self.service.lock().unwrap();
        Some(self.runtime.block_on(guard.as_ref()?.answer(request.clone())))
    }
}

#[test]
fn whatever_one_item_does_all_histories_converge_and_no_photo_is_lost() {
    tell_all(1_000, Troubles::All, |seed| {
        let root = tempfile::Builder::new().prefix("ruhu-history").tempdir_in(fast_folder()).unwrap();
        World::served_by(Arc::new(Endpoints::new()), seed, root)
    });
}
