//! A town: a server, a network, and people with phones.

use std::collections::BTreeMap;
use std::io::{BufRead, BufReader};
use std::path::{Path, PathBuf};
use std::process::{Command, Stdio};
use std::time::Duration;

use async_trait::async_trait;
use ruhu_device::Explain;
use ruhu_device::{
    Device, DeviceError, EvidenceView, NewCase, Request, Response, SyncControl, SyncReport, Transport,
    TransportError,
};
use ruhu_harness::world::{SMALL_FORM, TOWNSHIP, VILLAGE, fast_folder};
use ruhu_sync::EnrollCode;
use ruhu_sync::http::HttpTransport;
use ruhu_system_tests::cutting_proxy::{CuttingProxy, Limit, Passage};
use ruhu_system_tests::process::{ServerProcess, Wire};
use sha2::{Digest, Sha256};

/// Heads and number of changes of every document.
pub type Documents = BTreeMap<String, (Vec<String>, u64)>;

pub struct Town {
    pub server: ServerProcess,
    pub proxy: CuttingProxy,
    wire: Wire,
    phones: u32,
    root: tempfile::TempDir,
}

impl Town {
    /// A server with the small form, and a network before it that does not break yet.
    pub fn new(wire: Wire) -> Town {
        let root = tempfile::Builder::new().prefix("ruhu-network").tempdir_in(fast_folder()).unwrap();
        let server = ServerProcess::start(&root.path().join("server"), wire);
        let form = root.path().join("small.xlsx");
        std::fs::write(&form, SMALL_FORM).unwrap();
        server.admin(&["forms", "publish", form.to_str().unwrap()]);
        let proxy = CuttingProxy::start(server.address());
        Town { server, proxy, wire, phones: 0, root }
    }

    pub fn folder(&self) -> &Path {
        self.root.path()
    }

    /// A caseworker of the township, behind the network that breaks, with the form and nothing to do.
    pub fn caseworker(&mut self, person: &str) -> Phone {
        let address = self.proxy.address();
        let phone = self.phone(person, ["caseworker", TOWNSHIP], address);
        // So that the author is known and the form is there: what follows is about a day's work.
        phone.sync().unwrap();
        self.proxy.passages();
        phone
    }

    /// A volunteer of the village, on a good line.
    pub fn volunteer(&mut self, person: &str) -> Phone {
        let phone = self.enrolled_volunteer(person);
        phone.sync().unwrap();
        phone
    }

    /// A volunteer of the village who has never synced, on a good line.
    pub fn enrolled_volunteer(&mut self, person: &str) -> Phone {
        let address = self.server.address();
        self.phone(person, ["volunteer", VILLAGE], address)
    }

    /// A phone that reaches the server at an address, enrolled.
    pub fn phone(&mut self, person: &str, [role, scope]: [&str; 2], at: std::net::SocketAddr) -> Phone {
        self.phones += 1;
        let store = self.root.path().join(format!("phone-{}", self.phones));
        let install = format!("install-{}", self.phones);
        let device = Device::open(&store, KEY, &install).unwrap();
        let code = self.server.code(person, role, scope, &format!("{}://{at}", self.wire.scheme()));
        online(device.enroll(&code)).unwrap();
        self.proxy.passages();
        let code: EnrollCode = code.parse().unwrap();
        Phone { device, store, install, line: Line { pinned: code.tls_fingerprint(), url: code.url } }
    }

    /// Syncs over a network that breaks at the limit; also gives what went over it.
    pub fn sync_limited(
        &mut self,
        phone: &Phone,
        limit: Limit,
    ) -> (Result<SyncReport, DeviceError>, Vec<Passage>) {
        self.proxy.limit(Some(limit));
        let outcome = phone.sync();
        let passages = self.proxy.passages();
        self.proxy.limit(None);
        let cut = passages.iter().any(|passage| passage.cut);
        match &outcome {
            // One of two connections may have been let fall half-way through its handshake.
            Ok(_) => assert!(passages.iter().any(|passage| passage.went_both_ways()), "{passages:?}"),
            Err(error) => assert!(cut && error.code() == "offline", "{limit:?}: {error:?}, {passages:?}"),
        }
        (outcome, passages)
    }

    /// Syncs all phones until each has what the others gave, and holds them and the server against
    /// each other.
    pub fn settle(&self, phones: &[&Phone]) -> Documents {
        for phone in phones.iter().chain(phones) {
            let report = phone.sync().unwrap();
            assert_eq!((report.refused, report.reissued, report.waiting), (0, 0, 0), "{report:?}");
            assert!(report.drifted.is_empty() && report.quarantined.is_empty(), "{report:?}");
            assert_eq!(report.files_failed, []);
        }
        let check = self.server.admin(&["check"]);
        assert_eq!(check["findings"], serde_json::json!([]));
        let documents = check["documents"].as_array().unwrap().iter().map(|document| {
            let text = |value: &serde_json::Value| value.as_str().unwrap().to_owned();
            let heads = document["heads"].as_array().unwrap().iter().map(text).collect();
            (text(&document["id"]), (heads, document["changes"].as_u64().unwrap()))
        });
        let documents: Documents = documents.collect();
        for phone in phones {
            let status = phone.device.status().unwrap();
            assert_eq!((status.outbox, status.files_waiting), (0, 0), "all is given");
            assert_eq!(phone.device.check().unwrap(), Vec::<String>::new());
            assert_eq!(phone.documents(), documents, "the phone and the server hold the same");
        }
        documents
    }

    /// The SHA-256 and size of the server's files, as it reads them back.
    pub fn files(&self) -> BTreeMap<String, u64> {
        let check = self.server.check();
        let files = check["files"].as_array().unwrap();
        assert!(files.iter().all(|file| file["ok"] == true), "{files:?}");
        let named: BTreeMap<String, u64> = files
            .iter()
            .map(|file| (file["sha256"].as_str().unwrap().to_owned(), file["size"].as_u64().unwrap()))
            .collect();
        assert_eq!(named.len(), files.len(), "every file is stored once");
        named
    }

    /// Bytes of unfinished uploads on the server's disk.
    pub fn bytes_of_uploads(&self) -> u64 {
        match std::fs::read_dir(self.server.folder().join("uploads")) {
            Ok(entries) => entries.map(|entry| entry.unwrap().metadata().unwrap().len()).sum(),
            Err(_) => 0,
        }
    }

    /// Puts a photo into the gallery.
    pub fn shot(&self, bytes: Vec<u8>) -> Shot {
        let digest = Sha256::digest(&bytes);
        let sha256: String = digest.iter().map(|byte| format!("{byte:02x}")).collect();
        let path = self.folder().join(format!("{sha256}.jpg"));
        std::fs::write(&path, &bytes).unwrap();
        Shot { path, bytes, sha256 }
    }
}

/// A photo in the gallery.
pub struct Shot {
    pub path: PathBuf,
    pub bytes: Vec<u8>,
    pub sha256: String,
}

pub struct Phone {
    pub device: Device,
    store: PathBuf,
    install: String,
    line: Line,
}

/// A phone's way to its server, on which nobody waits: what a run would wait for is a minute at most of a
/// phone's time, and of a test's nothing.
#[derive(Clone)]
struct Line {
    url: String,
    pinned: Option<[u8; 32]>,
}

impl Line {
    fn transport(&self) -> Prompt {
        Prompt(HttpTransport::new(&self.url, self.pinned).unwrap())
    }
}

/// HTTPS without the pauses between two tries.
struct Prompt(HttpTransport);

#[async_trait]
impl Transport for Prompt {
    async fn send(&self, request: Request, limit: usize) -> Result<Response, TransportError> {
        self.0.send(request, limit).await
    }

    async fn pause(&self, _: Duration) {}
}

/// The key of every store.
const KEY: [u8; 32] = [7; 32];

/// Runs what needs the network, on a runtime of its own: no connection of it is made or goes on after
/// it has ended.
fn online<T>(work: impl Future<Output = T>) -> T {
    let runtime = tokio::runtime::Builder::new_multi_thread().worker_threads(1).enable_all().build();
    runtime.unwrap().block_on(work)
}

impl Phone {
    /// Syncs as a process of its own, and kills it when it has told so often how far it has come; a
    /// sync that ends before is left alone. Says whether it was killed.
    pub fn sync_and_be_killed(self, turns: u32) -> (Phone, bool) {
        let Phone { device, store, install, line } = self;
        drop(device);
        let mut command = Command::new(env!("CARGO_BIN_EXE_ruhu-test-phone"));
        command.arg("--store").arg(&store).args(["--install", &install, "--turns", &turns.to_string()]);
        let mut child = command.stdout(Stdio::piped()).spawn().unwrap();
        let mut said = String::new();
        BufReader::new(child.stdout.take().unwrap()).read_line(&mut said).unwrap();
        let killed = said == "standing\n";
        if killed {
            child.kill().unwrap();
        }
        assert_eq!(child.wait().unwrap().success(), !killed);
        let device = Device::open(&store, KEY, &install).unwrap();
        (Phone { device, store, install, line }, killed)
    }

    pub fn sync(&self) -> Result<SyncReport, DeviceError> {
        online(async { self.device.sync_over(&self.line.transport()).await })
    }

    /// Syncs, and is followed.
    pub fn sync_with(&self, control: &SyncControl) -> Result<SyncReport, DeviceError> {
        online(async { self.device.sync_over_with(&self.line.transport(), control).await })
    }

    pub fn outbox(&self) -> u32 {
        self.device.status().unwrap().outbox
    }

    /// Fetches one photo that is not here.
    pub fn fetch(&self, sha256: &str) {
        online(async { self.device.file_fetch_over(&self.line.transport(), sha256).await }).unwrap();
    }

    pub fn new_case(&self, name: &str) -> String {
        self.new_case_in(name, VILLAGE)
    }

    pub fn new_case_in(&self, name: &str, division: &str) -> String {
        let new = NewCase {
            name: name.into(),
            division: division.into(),
            address: "柳树胡同3号".into(),
            ..NewCase::default()
        };
        self.device.case_new(new).unwrap().id
    }

    /// A visit of one answer, saved.
    pub fn write(&self, case: &str, question: &str, value: &str) {
        let visit = self.device.visit_start(case, "small").unwrap().id;
        self.device.visit_answer(&visit, question, value).unwrap();
        self.device.visit_save(&visit).unwrap();
    }

    pub fn attach(&self, case: &str, shot: &Shot) -> EvidenceView {
        let evidence = self.device.attach(case, &shot.path, "house_out").unwrap();
        assert_eq!(evidence.sha256, shot.sha256);
        evidence
    }

    /// Every value that a household's field ever had, sorted.
    pub fn history(&self, case: &str, field: &str) -> Vec<String> {
        let items = self.device.case_history(case, &format!("case/{field}")).unwrap();
        let mut values: Vec<String> = items.into_iter().map(|item| item.text).collect();
        values.sort();
        values
    }

    /// Every household: its heads and how many changes it has.
    pub fn documents(&self) -> Documents {
        let cases = self.device.case_list("", 0, u32::MAX).unwrap();
        let entry = |id: String| {
            let view = self.device.case_show(&id).unwrap();
            (id, (view.heads, u64::from(view.changes)))
        };
        cases.into_iter().map(|case| entry(case.id)).collect()
    }
}
