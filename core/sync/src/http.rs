//! HTTPS transport: reqwest with rustls on ring, the server's certificate pinned by the enrolment
//! code.

use std::sync::Arc;
use std::time::Duration;

use async_trait::async_trait;
use rustls::client::danger::{HandshakeSignatureValid, ServerCertVerified, ServerCertVerifier};
use rustls::crypto::{CryptoProvider, verify_tls12_signature, verify_tls13_signature};
use rustls::pki_types::{CertificateDer, ServerName, UnixTime};
use rustls::{CertificateError, ClientConfig, DigitallySignedStruct, SignatureScheme};
use sha2::{Digest, Sha256};

use crate::message::PROTOCOL_VERSION;
use crate::transport::{Request, Response, Transport, TransportError};

/// The header that names the protocol version, in requests and answers.
pub const PROTOCOL_HEADER: &str = "ruhu-protocol";

/// On a village network a packet may take long; a silent minute is a cut.
const READ_TIMEOUT: Duration = Duration::from_secs(60);
const CONNECT_TIMEOUT: Duration = Duration::from_secs(20);

/// A transport to one server.
#[derive(Debug)]
pub struct HttpTransport {
    client: reqwest::Client,
    base: String,
}

impl HttpTransport {
    /// A transport to the server at `url` (scheme, host and port). With a fingerprint (SHA-256 of
    /// the certificate's DER) exactly that certificate is accepted; without one, those of public
    /// authorities. Plain `http` is only for loopback addresses.
    ///
    /// # Errors
    /// `offline` when the address is none that can be used, or TLS cannot be set up.
    pub fn new(url: &str, pinned: Option<[u8; 32]>) -> Result<HttpTransport, TransportError> {
        let unreachable = |error: reqwest::Error| TransportError::Unreachable(error.to_string());
        let url = reqwest::Url::parse(url).map_err(|e| TransportError::Unreachable(e.to_string()))?;
        if url.scheme() != "https" && !is_loopback(&url) {
            return Err(TransportError::Unreachable("plain HTTP is for loopback addresses only".into()));
        }
        let mut builder = reqwest::Client::builder()
            .no_proxy()
            .redirect(reqwest::redirect::Policy::none())
            .connect_timeout(CONNECT_TIMEOUT)
            .read_timeout(READ_TIMEOUT);
        if url.scheme() == "https" {
            builder = builder.tls_backend_preconfigured(tls(pinned)?);
        } else {
            // Never used, but without it the builder looks for a provider of the process and panics.
            builder = builder.tls_backend_preconfigured(tls(None)?);
        }
        let base = url.as_str().trim_end_matches('/').to_owned();
        Ok(HttpTransport { client: builder.build().map_err(unreachable)?, base })
    }
}

fn is_loopback(url: &reqwest::Url) -> bool {
    let host = url.host_str().unwrap_or_default().trim_matches(['[', ']']);
    host == "localhost" || host.parse::<std::net::IpAddr>().is_ok_and(|address| address.is_loopback())
}

fn tls(pinned: Option<[u8; 32]>) -> Result<ClientConfig, TransportError> {
    let provider = Arc::new(rustls::crypto::ring::default_provider());
    let builder = ClientConfig::builder_with_provider(provider.clone())
        .with_safe_default_protocol_versions()
        .map_err(|error| TransportError::Unreachable(error.to_string()))?;
    Ok(match pinned {
        Some(fingerprint) => builder
            .dangerous()
            .with_custom_certificate_verifier(Arc::new(Pinned { fingerprint, provider }))
            .with_no_client_auth(),
        None => {
            let roots = rustls::RootCertStore { roots: webpki_roots::TLS_SERVER_ROOTS.to_vec() };
            builder.with_root_certificates(roots).with_no_client_auth()
        }
    })
}

/// Accepts one certificate, whatever name or date it bears: its fingerprint came with the
/// enrolment code, over a channel that a person saw.
#[derive(Debug)]
struct Pinned {
    fingerprint: [u8; 32],
    provider: Arc<CryptoProvider>,
}

impl ServerCertVerifier for Pinned {
    fn verify_server_cert(
        &self,
        end_entity: &CertificateDer<'_>,
        _intermediates: &[CertificateDer<'_>],
        _server_name: &ServerName<'_>,
        _ocsp: &[u8],
        _now: UnixTime,
    ) -> Result<ServerCertVerified, rustls::Error> {
        let found: [u8; 32] = Sha256::digest(end_entity).into();
        match found == self.fingerprint {
            true => Ok(ServerCertVerified::assertion()),
            false => Err(CertificateError::ApplicationVerificationFailure.into()),
        }
    }

    fn verify_tls12_signature(
        &self,
        message: &[u8],
        cert: &CertificateDer<'_>,
        dss: &DigitallySignedStruct,
    ) -> Result<HandshakeSignatureValid, rustls::Error> {
        verify_tls12_signature(message, cert, dss, &self.provider.signature_verification_algorithms)
    }

    fn verify_tls13_signature(
        &self,
        message: &[u8],
        cert: &CertificateDer<'_>,
        dss: &DigitallySignedStruct,
    ) -> Result<HandshakeSignatureValid, rustls::Error> {
        verify_tls13_signature(message, cert, dss, &self.provider.signature_verification_algorithms)
    }

    fn supported_verify_schemes(&self) -> Vec<SignatureScheme> {
        self.provider.signature_verification_algorithms.supported_schemes()
    }
}

#[async_trait]
impl Transport for HttpTransport {
    async fn send(&self, request: Request, limit: usize) -> Result<Response, TransportError> {
        let method = reqwest::Method::from_bytes(request.method.as_bytes())
            .map_err(|_| TransportError::Unreachable("unknown method".into()))?;
        let mut builder = self
            .client
            .request(method, format!("{}{}", self.base, request.path))
            .header(PROTOCOL_HEADER, PROTOCOL_VERSION);
        for (name, value) in &request.headers {
            builder = builder.header(*name, value);
        }
        let answer = builder.body(request.body).send().await.map_err(cut)?;
        check_protocol(&answer)?;
        read(answer, limit).await
    }
}

fn check_protocol(answer: &reqwest::Response) -> Result<(), TransportError> {
    let found = answer.headers().get(PROTOCOL_HEADER).and_then(|value| value.to_str().ok());
    match found == Some(PROTOCOL_VERSION.to_string().as_str()) {
        true => Ok(()),
        false => {
            Err(TransportError::Protocol { found: found.map(str::to_owned), supported: PROTOCOL_VERSION })
        }
    }
}

async fn read(mut answer: reqwest::Response, limit: usize) -> Result<Response, TransportError> {
    let status = answer.status().as_u16();
    let text = |value: &reqwest::header::HeaderValue| value.to_str().unwrap_or_default().to_owned();
    let headers =
        answer.headers().iter().map(|(name, value)| (name.as_str().to_owned(), text(value))).collect();
    let mut body = Vec::new();
    while let Some(chunk) = answer.chunk().await.map_err(cut)? {
        if body.len() + chunk.len() > limit {
            return Err(TransportError::TooLarge(limit));
        }
        body.extend_from_slice(&chunk);
    }
    Ok(Response { status, headers, body })
}

/// What I/O errors wrap: the layers of a connection each put their own around it, and `source` skips
/// what an I/O error holds.
fn innermost<'a>(
    mut error: &'a (dyn std::error::Error + Send + Sync + 'static),
) -> &'a (dyn std::error::Error + Send + Sync + 'static) {
    while let Some(inner) = error.downcast_ref::<std::io::Error>().and_then(|io| io.get_ref()) {
        error = inner;
    }
    error
}

/// The address stays out of the error: it may be written to a log.
fn cut(error: reqwest::Error) -> TransportError {
    let mut source: Option<&(dyn std::error::Error + 'static)> = Some(&error);
    while let Some(inner) = source {
        let wrong = |e: &rustls::Error| matches!(e, rustls::Error::InvalidCertificate(_));
        let io = inner.downcast_ref::<std::io::Error>().and_then(|io| io.get_ref());
        let io = io.map(innermost);
        let nested = io.and_then(|e| e.downcast_ref::<rustls::Error>());
        if inner.downcast_ref::<rustls::Error>().or(nested).is_some_and(wrong) {
            return TransportError::WrongCertificate;
        }
        source = inner.source();
    }
    TransportError::Unreachable(error.without_url().to_string())
}
