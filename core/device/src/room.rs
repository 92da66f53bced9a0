//! Room on the disk: the device's own work keeps a reserve of it. Photos of colleagues are not fetched
//! into the reserve, and give way, oldest first, when the device's own work needs it; they are fetched
//! again when somebody opens them.

use ruhu_store::{FileRow, StoreError};
use ruhu_text::Explain;

use crate::device::Device;
use crate::error::DeviceError;

/// With less than this part of its reserve free, the device makes room before it writes.
const SCARCE: u64 = 8;
/// How many photos give way before the disk is looked at again.
const AT_ONCE: u32 = 8;

impl Device {
    /// Sets how many bytes of the disk are kept for the device's own work; `None` for what the program
    /// chooses: 64 MB, on a small disk a quarter of it.
    pub fn set_reserve(&self, bytes: Option<u64>) {
        self.reserve.set(bytes);
    }

    /// Bytes that may still be written before the reserve is cut into; `None` where the system does not
    /// tell.
    fn bytes_above_reserve(&self) -> Option<u64> {
        let space = self.store.space()?;
        Some(space.free.saturating_sub(self.reserve.bytes(space)))
    }

    /// Whether a colleague's photo may be fetched: on its way it takes its size twice.
    pub(crate) fn has_room_for(&self, row: &FileRow) -> Result<bool, DeviceError> {
        Ok(self.bytes_above_reserve().is_none_or(|room| room >= row.size.saturating_mul(2)))
    }

    /// Called before the device writes: on a disk that is nearly full photos of colleagues give way first, so
    /// that an answer finds room.
    pub(crate) fn make_room_for_work(&self) {
        let scarce = |space: ruhu_store::Space| space.free < self.reserve.bytes(space) / SCARCE;
        if self.store.space().is_some_and(scarce)
            && let Err(error) = self.keep_reserve(0)
        {
            // What is to be written says itself whether there is room.
            tracing::warn!(code = error.code(), "no room can be made");
        }
    }

    /// Lets photos of colleagues give way until there is room for so many bytes above the reserve, or
    /// none is left.
    pub(crate) fn keep_reserve(&self, bytes: u64) -> Result<(), DeviceError> {
        loop {
            match self.bytes_above_reserve() {
                Some(room) if room == 0 || room < bytes => {}
                _ => return Ok(()),
            }
            let rows = self.store.read::<_, StoreError>(|tx| tx.files_that_may_give_way(AT_ONCE))?;
            if rows.is_empty() {
                return Ok(());
            }
            for row in &rows {
                // The bytes first: on a full disk no row can be written. A device that dies in between
                // finds them gone, and fetches them when they are opened.
                self.store.files().remove(&row.key, &row.sha256)?;
                self.store.write::<_, StoreError>(|tx| tx.set_file_gone(&row.sha256, Some(true), true))?;
            }
            tracing::info!(photos = rows.len(), "photos of colleagues gave way");
        }
    }
}
