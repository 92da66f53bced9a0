//! TLS: the server's own key and certificate, made once in `tls/`, or those given to it. rustls on
//! ring.

use std::net::IpAddr;
use std::path::Path;
use std::sync::Arc;

use rustls::ServerConfig;
use rustls::pki_types::pem::PemObject;
use rustls::pki_types::{CertificateDer, PrivateKeyDer};
use sha2::{Digest, Sha256};

use crate::error::StorageError;
use crate::hub::write_private;

/// What a server shows of itself on a connection.
#[derive(Debug, Clone)]
pub struct Tls {
    /// The configuration of the listener.
    pub config: Arc<ServerConfig>,
    /// SHA-256 of the certificate's DER.
    pub fingerprint: [u8; 32],
}

impl Tls {
    /// The server's own certificate; made when there is none. Devices pin it, so its names and dates
    /// are not looked at by them; they are sound for browsers all the same.
    pub fn own(data_dir: &Path, host: IpAddr) -> Result<Tls, StorageError> {
        let dir = data_dir.join("tls");
        let (cert, key) = (dir.join("cert.pem"), dir.join("key.pem"));
        if !cert.exists() {
            std::fs::create_dir_all(&dir).map_err(StorageError::io("make the folder tls"))?;
            let (cert_pem, key_pem) = self_signed(host)?;
            // The key first: a certificate without its key would never be mended by the next start.
            write_private(&dir, &key, key_pem.as_bytes())?;
            write_private(&dir, &cert, cert_pem.as_bytes())?;
        }
        Tls::from_files(&cert, &key)
    }

    /// A certificate chain and its key, both PEM.
    pub fn from_files(cert: &Path, key: &Path) -> Result<Tls, StorageError> {
        let damaged = |_| StorageError::Damaged("TLS certificate or key");
        let chain: Vec<CertificateDer<'static>> = CertificateDer::pem_file_iter(cert)
            .map_err(damaged)?
            .collect::<Result<_, _>>()
            .map_err(damaged)?;
        let key = PrivateKeyDer::from_pem_file(key).map_err(damaged)?;
        let first = chain.first().ok_or(StorageError::Damaged("TLS certificate"))?;
        let fingerprint = Sha256::digest(first).into();
        let provider = Arc::new(rustls::crypto::ring::default_provider());
        let unusable = |_| StorageError::Damaged("TLS certificate or key");
        let mut config = ServerConfig::builder_with_provider(provider)
            .with_safe_default_protocol_versions()
            .map_err(unusable)?
            .with_no_client_auth()
            .with_single_cert(chain, key)
            .map_err(unusable)?;
        config.alpn_protocols = vec![b"http/1.1".to_vec()];
        Ok(Tls { config: Arc::new(config), fingerprint })
    }
}

fn self_signed(host: IpAddr) -> Result<(String, String), StorageError> {
    let unmade = |_| StorageError::Damaged("TLS certificate in the making");
    let mut names = vec!["localhost".to_owned()];
    if !host.is_unspecified() {
        names.push(host.to_string());
    }
    let mut params = rcgen::CertificateParams::new(names).map_err(unmade)?;
    params.distinguished_name.push(rcgen::DnType::CommonName, "Ruhu sync server");
    params.not_before = rcgen::date_time_ymd(2025, 1, 1);
    params.not_after = rcgen::date_time_ymd(2125, 1, 1);
    let key = rcgen::KeyPair::generate().map_err(unmade)?;
    let certificate = params.self_signed(&key).map_err(unmade)?;
    Ok((certificate.pem(), key.serialize_pem()))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_own_certificate_is_made_once_and_its_key_is_private() {
        let dir = tempfile::tempdir().unwrap();
        let host = "127.0.0.1".parse().unwrap();
        let first = Tls::own(dir.path(), host).unwrap();
        assert_eq!(Tls::own(dir.path(), host).unwrap().fingerprint, first.fingerprint);
        #[cfg(unix)]
        {
            use std::os::unix::fs::PermissionsExt;
            let mode = std::fs::metadata(dir.path().join("tls/key.pem")).unwrap().permissions().mode();
            assert_eq!(mode & 0o777, 0o600);
        }
    }

    #[test]
    fn a_damaged_certificate_is_named_and_not_replaced() {
        let dir = tempfile::tempdir().unwrap();
        let host = "127.0.0.1".parse().unwrap();
        Tls::own(dir.path(), host).unwrap();
        let cert = dir.path().join("tls/cert.pem");
        std::fs::write(&cert, "no certificate").unwrap();
        assert!(matches!(Tls::own(dir.path(), host), Err(StorageError::Damaged(_))));
        assert_eq!(std::fs::read(&cert).unwrap(), b"no certificate");
    }
}
