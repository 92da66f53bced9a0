//! A phone that syncs and stands still between two slices, so that it can be killed exactly there.

use std::io::Write;
use std::path::PathBuf;
use std::process::ExitCode;
use std::sync::Arc;
use std::sync::atomic::{AtomicU32, Ordering};

use clap::Parser;
use ruhu_device::{Device, SyncControl, SyncObserver, SyncProgress};

/// The key of every store of the tests.
const KEY: [u8; 32] = [7; 32];

/// Opens a store, syncs, and stands still for ever when it has told so often how far it has come.
#[derive(Debug, Parser)]
struct Arguments {
    /// The store
    #[arg(long)]
    store: PathBuf,
    /// The installation that the store belongs to
    #[arg(long)]
    install: String,
    /// After how many times it stands still
    #[arg(long)]
    turns: u32,
}

/// Says that it stands, and stands.
struct Standing {
    turns: u32,
    told: AtomicU32,
}

impl SyncObserver for Standing {
    fn on_progress(&self, _: &SyncProgress) {
        if self.told.fetch_add(1, Ordering::SeqCst) == self.turns {
            // Whoever waits for it reads one line; if nobody does, standing is all the same.
            let _ = writeln!(std::io::stdout(), "standing");
            loop {
                std::thread::park();
            }
        }
    }
}

fn main() -> ExitCode {
    let Arguments { store, install, turns } = Arguments::parse();
    let synced = || -> Result<(), Box<dyn std::error::Error>> {
        let device = Device::open(&store, KEY, &install)?;
        let observer = Arc::new(Standing { turns, told: AtomicU32::new(0) });
        let control = SyncControl { observer: Some(observer), ..SyncControl::default() };
        let runtime = tokio::runtime::Builder::new_current_thread().enable_all().build()?;
        runtime.block_on(device.sync_with(&control))?;
        Ok(())
    };
    match synced() {
        Ok(()) => ExitCode::SUCCESS,
        Err(error) => {
            // If standard error is gone, the exit code still tells.
            let _ = writeln!(std::io::stderr(), "{error}");
            ExitCode::FAILURE
        }
    }
}
