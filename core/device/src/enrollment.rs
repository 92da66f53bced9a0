//! Enrolment: a one-time code becomes a certificate.

use std::sync::Arc;

use ruhu_sync::engine::EngineError;
use ruhu_sync::message::{ENROLL_LABEL, EnrollRequest, EnrollResponse};
use ruhu_sync::transport::{Request, Transport};
use ruhu_sync::{EnrollCode, PublicKey, codec};

use crate::device::Device;
use crate::error::DeviceError;
use crate::identity::{self, Enrolled};
use crate::sync_run::expect_success;
use crate::views::Status;

/// A certificate is some hundred bytes.
const ANSWER_LIMIT: usize = 64 * 1024;

impl Device {
    /// Enrols the device with the text of a one-time code. If the answer is lost, the same code
    /// works again from this device. An enrolled device takes another code of its own server: for a
    /// new certificate, or because the server has another address or TLS certificate now. Nothing on
    /// it changes besides.
    ///
    /// # Errors
    /// Those of [`Device::enroll_over`].
    #[cfg(feature = "http")]
    pub async fn enroll(&self, code: &str) -> Result<Status, DeviceError> {
        let parsed: EnrollCode = code.parse().map_err(|_| DeviceError::InvalidCode)?;
        let transport = ruhu_sync::http::HttpTransport::new(&parsed.url, parsed.tls_fingerprint())?;
        self.enroll_over(&transport, code).await
    }

    /// Like [`Device::enroll`], over a transport of the host's.
    ///
    /// # Errors
    /// `invalid_code`, `already_enrolled` (with another server), `offline`, `protocol`, `wrong_server` when the answer is
    /// not of the server that the code names, `server` when it refuses the code, `bad_answer`,
    /// `damaged`, `disk_full` or `store`.
    pub async fn enroll_over(&self, transport: &dyn Transport, code: &str) -> Result<Status, DeviceError> {
        let code: EnrollCode = code.parse().map_err(|_| DeviceError::InvalidCode)?;
        let body = self.enroll_request(&code)?;
        let request = Request { method: "POST", path: "/v1/enroll".into(), headers: Vec::new(), body };
        let answer = expect_success(transport.send(request, ANSWER_LIMIT).await?)?;
        let response: EnrollResponse = codec::from_cbor(&answer.body).map_err(EngineError::from)?;
        self.take_certificate(&code, response)?;
        self.status()
    }

    fn enroll_request(&self, code: &EnrollCode) -> Result<Vec<u8>, DeviceError> {
        let identity = self.identity();
        if identity.enrolled.as_ref().is_some_and(|enrolled| enrolled.server != code.server_key()) {
            return Err(DeviceError::AlreadyEnrolled);
        }
        let key = &identity.key;
        let signature = key.sign(ENROLL_LABEL, &code.secret);
        Ok(codec::to_cbor(&EnrollRequest { secret: code.secret, key: key.public().0, signature }))
    }

    fn take_certificate(&self, code: &EnrollCode, response: EnrollResponse) -> Result<(), DeviceError> {
        let server = PublicKey(response.server_key);
        let certificate = response.certificate;
        let genuine = server == code.server_key()
            && certificate.is_issued_by(&server)
            && certificate.key() == self.identity().key.public();
        if !genuine {
            return Err(DeviceError::WrongServer);
        }
        let enrolled = Enrolled { certificate, url: code.url.clone(), server, tls: code.tls_fingerprint() };
        self.work(|work| {
            // Whoever renews shows the new certificate with its next sync.
            identity::forget_registered(work.tx)?;
            enrolled.save(work.tx)?;
            work.identity = Arc::new(work.identity.enrolled_with(enrolled));
            let author = work.identity.author()?;
            Ok(work.tx.put_author(&author.actor(), &author.to_bytes())?)
        })
    }
}
