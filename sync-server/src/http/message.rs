//! Reading a request whole, and who signed it.

use std::time::Duration;

use axum::body::Body;
use axum::extract::Request;
use axum::http::request::Parts;
use axum::http::{HeaderMap, header};
use futures::StreamExt;
use ruhu_sync::auth::{SignedRequest, parse_authorization};
use ruhu_sync::{CodecError, DeviceId, PublicKey, Signature};

use super::app::{App, Shared, blocking};
use super::failure::Failure;
use crate::error::RequestError;

/// A page of 512 KB takes three quarters of a minute over a village network; whoever takes longer
/// than this for a request is not one of our phones.
const DEADLINE: Duration = Duration::from_secs(300);

/// A request that has arrived whole.
#[derive(Debug)]
pub(super) struct Message {
    pub parts: Parts,
    pub body: Vec<u8>,
}

impl Message {
    /// Reads a request with at most `limit` bytes of body.
    pub(super) async fn read(request: Request, limit: usize) -> Result<Message, Failure> {
        let (parts, body) = request.into_parts();
        match tokio::time::timeout(DEADLINE, read(body, limit)).await {
            Ok(body) => Ok(Message { parts, body: body? }),
            Err(_) => Err(RequestError::TooSlow.into()),
        }
    }

    pub(super) fn headers(&self) -> &HeaderMap {
        &self.parts.headers
    }

    /// The value of a header, when it is text.
    pub(super) fn header(&self, name: &str) -> Option<&str> {
        self.headers().get(name).and_then(|value| value.to_str().ok())
    }

    /// Who says to have made the request.
    pub(super) fn claim(&self) -> Result<(DeviceId, Signature), Failure> {
        self.header(header::AUTHORIZATION.as_str())
            .and_then(parse_authorization)
            .ok_or_else(|| RequestError::Unsigned.into())
    }

    /// Whether the request was signed with this key for this server.
    pub(super) fn is_signed_by(&self, key: &PublicKey, signature: &Signature, server: PublicKey) -> bool {
        let path = self.parts.uri.path_and_query().map_or("/", |path| path.as_str());
        let signed = SignedRequest { method: self.parts.method.as_str(), path, body: &self.body, server };
        signed.is_signed_by(key, signature)
    }

    /// The enrolled device that signed the request.
    pub(super) async fn device(&self, app: &Shared) -> Result<DeviceId, Failure> {
        let (device, signature) = self.claim()?;
        let key = blocking(app, move |app: &App| app.hub().authenticate(device)).await?;
        match self.is_signed_by(&key, &signature, app.server) {
            true => Ok(device),
            false => Err(RequestError::Unsigned.into()),
        }
    }
}

async fn read(body: Body, limit: usize) -> Result<Vec<u8>, Failure> {
    let (mut stream, mut bytes) = (body.into_data_stream(), Vec::new());
    while let Some(chunk) = stream.next().await {
        let chunk = chunk.map_err(|_| RequestError::Cut)?;
        if bytes.len() + chunk.len() > limit {
            return Err(CodecError::TooLarge { limit }.into());
        }
        bytes.extend_from_slice(&chunk);
    }
    Ok(bytes)
}
