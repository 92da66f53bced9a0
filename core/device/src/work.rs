//! A unit of work: everything one call writes, in one transaction, with the identity it writes under.

use std::sync::Arc;

use ruhu_store::Tx;

use crate::device::Device;
use crate::error::DeviceError;
use crate::host::Host;
use crate::identity::Identity;

/// One transaction on its way. What changes in the identity counts only when it is committed.
pub(crate) struct UnitOfWork<'a, 't> {
    pub tx: &'a Tx<'t>,
    pub host: &'a dyn Host,
    pub identity: Arc<Identity>,
}

impl UnitOfWork<'_, '_> {
    /// Makes a new actor, when the old one's chain is no longer this device's alone.
    pub fn renew_actor(&mut self) -> Result<(), DeviceError> {
        self.identity = Arc::new(self.identity.renewed(self.tx, self.host)?);
        Ok(())
    }
}

impl Device {
    /// Runs `f` as one unit of work. When it fails, neither the store nor the identity has changed.
    pub(crate) fn work<T>(
        &self,
        f: impl FnOnce(&mut UnitOfWork<'_, '_>) -> Result<T, DeviceError>,
    ) -> Result<T, DeviceError> {
        let mut writer = self.store.writer();
        let identity = self.identity();
        let (value, identity) = writer.write(|tx| {
            let mut work = UnitOfWork { tx, host: self.host.as_ref(), identity };
            let value = f(&mut work)?;
            Ok::<_, DeviceError>((value, work.identity))
        })?;
        // Handed back before anybody else can write under the old one.
        self.set_identity(identity);
        Ok(value)
    }
}
