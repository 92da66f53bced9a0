//! Where the lane of photos left off, because the server failed with several in a row: the next run begins
//! behind them and comes to them last, so that photos with which it fails each time hold up no other.

use ruhu_store::FileRow;
use ruhu_sync::failures::Failures;

use crate::device::Device;
use crate::error::DeviceError;

/// Where it was on the way up, and on the way down.
pub(crate) const UP: &str = "photos/left_off/up";
pub(crate) const DOWN: &str = "photos/left_off/down";

impl Device {
    /// The photo behind which a run begins; nothing where the last one came to its end.
    pub(crate) fn left_off(&self, way: &str) -> Result<Option<FileRow>, DeviceError> {
        let place = self.store.read(|tx| tx.meta(way))?;
        let Some(sha256) = place.and_then(|place| <[u8; 32]>::try_from(place).ok()) else { return Ok(None) };
        Ok(self.store.read(|tx| tx.file(&sha256))?)
    }

    /// Remembers where this way was left, and begins to count anew.
    pub(crate) fn leave_off(&self, way: &str, failures: &mut Failures) -> Result<(), DeviceError> {
        let place = failures.end_way().map_or(Vec::new(), Vec::from);
        let before = self.store.read(|tx| tx.meta(way))?.unwrap_or_default();
        if place != before {
            self.store.write(|tx| tx.set_meta(way, &place))?;
        }
        Ok(())
    }
}
