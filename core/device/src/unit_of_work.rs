//! A unit of work: everything one call writes, in one transaction, with the identity it writes under.

use std::sync::Arc;

use ruhu_store::{Tx, Writer};
use ruhu_sync::Certificate;

use crate::device::Device;
use crate::error::DeviceError;
use crate::host::Host;
use crate::identity::{Enrolled, Identity};

/// One transaction on its way. What changes in the identity counts only when it is committed.
pub(crate) struct UnitOfWork<'a, 't> {
    pub tx: &'a Tx<'t>,
    pub host: &'a dyn Host,
    pub identity: Arc<Identity>,
}

impl UnitOfWork<'_, '_> {
    /// Takes a later certificate of the server's for this device's own key.
    pub fn renew_certificate(&mut self, certificate: &Certificate) -> Result<(), DeviceError> {
        let enrolled = self.identity.enrolled()?;
        let later = certificate.expires_at_ms > enrolled.certificate.expires_at_ms;
        if certificate.key() != self.identity.key.public() || !later {
            return Ok(());
        }
        let enrolled = Enrolled { certificate: certificate.clone(), ..enrolled.clone() };
        enrolled.save(self.tx)?;
        self.identity = Arc::new(self.identity.enrolled_with(enrolled));
        let author = self.identity.author()?;
        Ok(self.tx.put_author(&author.actor(), &author.to_bytes())?)
    }

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
        self.run(f, |writer, all| writer.write(all))
    }

    /// Like [`Device::work`], for what the next unit of work completes: until then a loss of power may
    /// take it back.
    pub(crate) fn work_ahead<T>(
        &self,
        f: impl FnOnce(&mut UnitOfWork<'_, '_>) -> Result<T, DeviceError>,
    ) -> Result<T, DeviceError> {
        self.run(f, |writer, all| writer.write_ahead(all))
    }

    fn run<T>(
        &self,
        f: impl FnOnce(&mut UnitOfWork<'_, '_>) -> Result<T, DeviceError>,
        write: impl FnOnce(&mut Writer<'_>, All<'_, T>) -> Result<(T, Arc<Identity>), DeviceError>,
    ) -> Result<T, DeviceError> {
        self.store.make_room_for_work();
        let mut writer = self.store.writer();
        let identity = self.identity();
        let host = self.host.as_ref();
        let all = move |tx: &Tx<'_>| {
            let mut work = UnitOfWork { tx, host, identity };
            let value = f(&mut work)?;
            Ok((value, work.identity))
        };
        let (value, identity) = write(&mut writer, Box::new(all))?;
        // Handed back before anybody else can write under the old one.
        self.set_identity(identity);
        Ok(value)
    }
}

/// All of a unit of work, in the transaction that it is given.
type All<'a, T> = Box<dyn FnOnce(&Tx<'_>) -> Result<(T, Arc<Identity>), DeviceError> + 'a>;
