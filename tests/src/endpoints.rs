//! The server's endpoints called as functions, for worlds in one process.

use std::sync::{Arc, Mutex};

use ruhu_device::{Request, Response};
use ruhu_harness::clock::ServerClock;
use ruhu_harness::link::Server;
use ruhu_server::http::Service;
use ruhu_server::hub::Hub;
use tokio::runtime::Runtime;

/// The endpoints, called as functions.
pub struct Endpoints {
    runtime: Runtime,
    service: Mutex<Option<Service>>,
}

impl Default for Endpoints {
    fn default() -> Endpoints {
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
