//! The store's key in a file: for machines without Keystore or Keychain.

use std::fs::{self, File};
use std::io::{self, Read, Write};
use std::path::Path;

use data_encoding::{HEXLOWER, HEXLOWER_PERMISSIVE};
use zeroize::Zeroizing;

use crate::failure::Failure;

/// The file's name when none is given.
pub const DEFAULT_NAME: &str = "key.hex";
/// The store's database: where it is, a new key would open nothing.
const DATABASE_NAME: &str = "store.db";
const KEY_BYTES: usize = 32;
/// 64 digits, a line end, and some blanks of an editor.
const MAX_FILE: u64 = 256;

/// Reads the key, or makes one when neither key nor store are there yet.
pub fn load_or_make(file: &Path, folder: &Path) -> Result<Zeroizing<[u8; KEY_BYTES]>, Failure> {
    match File::open(file) {
        Ok(opened) => read(opened),
        Err(error) if error.kind() == io::ErrorKind::NotFound => {
            if folder.join(DATABASE_NAME).exists() {
                return Err(Failure::KeyMissing);
            }
            make(file).map_err(|error| Failure::KeyFile(error.kind()))
        }
        Err(error) => Err(Failure::KeyFile(error.kind())),
    }
}

fn read(file: File) -> Result<Zeroizing<[u8; KEY_BYTES]>, Failure> {
    let mut text = Zeroizing::new(String::new());
    file.take(MAX_FILE).read_to_string(&mut text).map_err(|error| match error.kind() {
        io::ErrorKind::InvalidData => Failure::KeyMalformed,
        kind => Failure::KeyFile(kind),
    })?;
    let bytes = HEXLOWER_PERMISSIVE.decode(text.trim().as_bytes()).map_err(|_| Failure::KeyMalformed)?;
    let bytes = Zeroizing::new(bytes);
    let key = <[u8; KEY_BYTES]>::try_from(bytes.as_slice()).map_err(|_| Failure::KeyMalformed)?;
    Ok(Zeroizing::new(key))
}

/// Makes a key that is whole on the disk before anything is encrypted with it. The file is readable
/// by its owner only.
fn make(file: &Path) -> io::Result<Zeroizing<[u8; KEY_BYTES]>> {
    let mut key = Zeroizing::new([0; KEY_BYTES]);
    getrandom::fill(key.as_mut()).map_err(|_| io::Error::from(io::ErrorKind::Unsupported))?;
    let folder = match file.parent() {
        Some(parent) if !parent.as_os_str().is_empty() => parent,
        _ => Path::new("."),
    };
    fs::create_dir_all(folder)?;
    let mut fresh = tempfile::NamedTempFile::new_in(folder)?;
    fresh.write_all(Zeroizing::new(HEXLOWER.encode(key.as_ref())).as_bytes())?;
    fresh.write_all(b"\n")?;
    fresh.as_file().sync_all()?;
    fresh.persist_noclobber(file).map_err(|error| error.error)?;
    #[cfg(unix)]
    File::open(folder)?.sync_all()?;
    Ok(key)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_key_is_made_once_and_then_read() {
        let folder = tempfile::tempdir().unwrap();
        let file = folder.path().join(DEFAULT_NAME);
        let made = load_or_make(&file, folder.path()).unwrap();
        assert_eq!(load_or_make(&file, folder.path()).unwrap(), made);
        #[cfg(unix)]
        {
            use std::os::unix::fs::PermissionsExt;
            assert_eq!(fs::metadata(&file).unwrap().permissions().mode() & 0o777, 0o600);
        }
    }

    #[test]
    fn a_lost_key_is_not_replaced_while_the_store_is_there() {
        let folder = tempfile::tempdir().unwrap();
        fs::write(folder.path().join(DATABASE_NAME), b"sealed").unwrap();
        let file = folder.path().join(DEFAULT_NAME);
        assert!(matches!(load_or_make(&file, folder.path()), Err(Failure::KeyMissing)));
        assert!(!file.exists());
    }

    #[test]
    fn a_file_that_holds_no_key_is_refused() {
        let folder = tempfile::tempdir().unwrap();
        let file = folder.path().join(DEFAULT_NAME);
        for content in [&b""[..], b"12", b"zz", &[0xff; 64], &[b'a'; 300]] {
            fs::write(&file, content).unwrap();
            assert!(matches!(load_or_make(&file, folder.path()), Err(Failure::KeyMalformed)));
        }
    }
}
