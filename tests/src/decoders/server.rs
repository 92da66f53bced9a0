//! What an administrator's commands read from a disk: backups, and the list of revocations.

use std::path::Path;
use std::sync::{LazyLock, Mutex, PoisonError};

use ruhu_server::hub::{Invitation, Options};
use ruhu_server::{Durability, Hub, backup};
use ruhu_sync::message::{ENROLL_LABEL, EnrollRequest};
use ruhu_sync::{DeviceId, KeyPair, Role};
use tempfile::TempDir;

const NOW: i64 = 1_795_309_200_000;
const LIST: &str = "revocations.log";

/// A server that has revoked one of its two devices, and what was made of it.
struct Server {
    folder: TempDir,
    revoked: DeviceId,
    backup: Vec<u8>,
    keys: Vec<u8>,
    list: Vec<u8>,
}

static SERVER: LazyLock<Mutex<Server>> = LazyLock::new(|| {
    let folder = TempDir::new().unwrap();
    let data = folder.path().join("server");
    let mut hub = open(&data);
    let revoked = enrolled(&mut hub, 1);
    enrolled(&mut hub, 2);
    hub.revoke(revoked, None, NOW).unwrap();
    drop(hub);
    let made = |name: &str, make: &dyn Fn(&Path)| {
        let file = folder.path().join(name);
        make(&file);
        std::fs::read(file).unwrap()
    };
    let whole = made("backup", &|file| drop(backup::create(&data, file, NOW, &mut |_| {}).unwrap()));
    let keys = made("keys", &|file| drop(backup::create_keys(&data, file, NOW).unwrap()));
    let list = std::fs::read(data.join(LIST)).unwrap();
    Mutex::new(Server { folder, revoked, backup: whole, keys, list })
});

fn open(data: &Path) -> Hub {
    let options = Options { durability: Durability::Relaxed, nonce: None, ..Options::default() };
    Hub::open_with(data, options, NOW).unwrap()
}

fn enrolled(hub: &mut Hub, seed: u8) -> DeviceId {
    let scope = "110101001".parse().unwrap();
    let invitation =
        Invitation { person: format!("经办{seed}"), role: Role::Caseworker, scope, valid_ms: 60_000 };
    let code = hub.issue_code(invitation, "http://127.0.0.1:1", None, NOW).unwrap();
    let key = KeyPair::from_seed(&[seed; 32]);
    let signature = key.sign(ENROLL_LABEL, &code.secret);
    let request = EnrollRequest { secret: code.secret, key: key.public().0, signature };
    hub.enroll(&request, NOW).unwrap();
    key.public().device_id()
}

/// A restore brings all of a server back, or leaves none behind.
pub(super) fn backup(bytes: &[u8]) {
    let folder = TempDir::new().unwrap();
    let (file, data) = (folder.path().join("backup"), folder.path().join("server"));
    std::fs::write(&file, bytes).unwrap();
    let restored = backup::restore(&file, None, None, &data, NOW, &mut |_| {});
    assert_eq!(data.join("server.db").exists(), restored.is_ok(), "{restored:?}");
}

pub(super) fn backup_seeds() -> Vec<Vec<u8>> {
    let server = SERVER.lock().unwrap_or_else(PoisonError::into_inner);
    vec![server.backup.clone(), server.keys.clone()]
}

/// Whatever the list holds, the server opens, and only what it signed itself counts.
pub(super) fn revocations(bytes: &[u8]) {
    let server = SERVER.lock().unwrap_or_else(PoisonError::into_inner);
    let data = server.folder.path().join("server");
    std::fs::write(data.join(LIST), bytes).unwrap();
    let revoked: Vec<String> = {
        let devices = open(&data).devices().unwrap().into_iter();
        devices.filter(|device| device.revoked_at_ms.is_some()).map(|device| device.id).collect()
    };
    assert_eq!(revoked, [server.revoked.to_string()]);
}

pub(super) fn revocation_seeds() -> Vec<Vec<u8>> {
    vec![SERVER.lock().unwrap_or_else(PoisonError::into_inner).list.clone()]
}
