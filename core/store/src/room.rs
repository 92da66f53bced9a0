//! Room on the disk: the device's own work keeps a reserve of it. Photos of colleagues are not fetched
//! into the reserve, and give way, oldest first, when the device's own work needs it; they are fetched
//! again when somebody opens them.

use ruhu_text::Explain;

use crate::{FileRow, Space, Store, StoreError};

/// With less than this part of its reserve free, the device makes room before it writes.
const SCARCE: u64 = 8;
/// How many photos give way before the disk is looked at again.
const AT_ONCE: u32 = 8;

impl Store {
    /// Sets how many bytes of the disk are kept for the device's own work; `None` for what the program
    /// chooses: 64 MB, on a small disk a quarter of it.
    pub fn set_reserve(&self, bytes: Option<u64>) {
        self.reserve.set(bytes);
    }

    /// Bytes that may still be written before the reserve is cut into; `None` where the system does not
    /// tell.
    fn bytes_above_reserve(&self) -> Option<u64> {
        let space = self.space()?;
        Some(space.free.saturating_sub(self.reserve.bytes(space)))
    }

    /// Whether a colleague's photo of so many bytes may be fetched: on its way it takes its size twice.
    pub fn has_room_for(&self, size: u64) -> bool {
        self.bytes_above_reserve().is_none_or(|room| room >= size.saturating_mul(2))
    }

    /// Called before the device writes: on a disk that is nearly full photos give way first, so
    /// that an answer finds room.
    pub fn make_room_for_work(&self) {
        let scarce = |space: Space| space.free < self.reserve.bytes(space) / SCARCE;
        if self.space().is_some_and(scarce)
            && let Err(error) = self.keep_reserve(0)
        {
            // What is to be written says itself whether there is room.
            tracing::warn!(code = error.code(), "no room can be made");
        }
    }

    /// Lets photos of colleagues give way until there is room for so many bytes above the reserve, or
    /// none is left.
    ///
    /// # Errors
    /// `damaged`, `disk_full` or `store`.
    pub fn keep_reserve(&self, bytes: u64) -> Result<(), StoreError> {
        loop {
            match self.bytes_above_reserve() {
                Some(room) if room == 0 || room < bytes => {}
                _ => return Ok(()),
            }
            let rows = self.read::<_, StoreError>(|tx| {
                let of_colleagues = tx.files_that_may_give_way(AT_ONCE)?;
                // What this device attached goes only when it is in a second place.
                if of_colleagues.is_empty() { tx.files_to_reclaim(AT_ONCE) } else { Ok(of_colleagues) }
            })?;
            if rows.is_empty() {
                return Ok(());
            }
            for row in &rows {
                self.let_go(row)?;
            }
            tracing::info!(photos = rows.len(), "photos gave way");
        }
    }

    /// Gives back the room of files in a second place, until so many bytes are given back, or of all of
    /// them that may go. Gives how many went, and their bytes.
    ///
    /// # Errors
    /// `damaged`, `disk_full` or `store`.
    pub fn reclaim(&self, bytes: Option<u64>) -> Result<(u32, u64), StoreError> {
        let (mut files, mut given) = (0, 0);
        while bytes.is_none_or(|bytes| given < bytes) {
            let rows = self.read::<_, StoreError>(|tx| tx.files_to_reclaim(AT_ONCE))?;
            if rows.is_empty() {
                break;
            }
            for row in rows {
                if bytes.is_some_and(|bytes| given >= bytes) {
                    break;
                }
                self.let_go(&row)?;
                (files, given) = (files + 1, given + row.size);
            }
        }
        Ok((files, given))
    }

    /// Removes the bytes of a file that the server has; they are fetched again when somebody opens it.
    fn let_go(&self, row: &FileRow) -> Result<(), StoreError> {
        // The bytes first: on a full disk no row can be written. A device that dies in between finds them
        // gone, and fetches them when they are opened.
        self.files().remove(&row.key, &row.sha256)?;
        self.write::<_, StoreError>(|tx| tx.set_file_gone(&row.sha256, Some(true), true))
    }
}
