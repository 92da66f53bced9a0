//! What tells this install from a copy of its folder: on a phone Android's install id, here the
//! machine and the place of the folder.

use std::path::Path;

use data_encoding::HEXLOWER;
use sha2::{Digest, Sha256};

use crate::failure::Failure;

const BYTES_SHOWN: usize = 16;

/// A hash of the machine's id and the folder's canonical path, 32 hexadecimal digits. On a machine
/// without an id the path alone has to do.
pub fn default_for(folder: &Path) -> Result<String, Failure> {
    let place = folder.canonicalize().map_err(|error| Failure::Folder(error.kind()))?;
    let machine = machine_uid::get().unwrap_or_default();
    let mut hasher = Sha256::new();
    hasher.update((machine.len() as u64).to_be_bytes());
    hasher.update(machine.as_bytes());
    hasher.update(place.as_os_str().as_encoded_bytes());
    let digest = hasher.finalize();
    Ok(HEXLOWER.encode(digest.get(..BYTES_SHOWN).unwrap_or(&digest)))
}

#[cfg(test)]
mod tests {
    use super::default_for;

    #[test]
    fn a_copied_folder_is_another_install_and_the_same_folder_the_same() {
        let (one, other) = (tempfile::tempdir().unwrap(), tempfile::tempdir().unwrap());
        assert_eq!(default_for(one.path()).unwrap(), default_for(one.path()).unwrap());
        assert_ne!(default_for(one.path()).unwrap(), default_for(other.path()).unwrap());
    }
}
