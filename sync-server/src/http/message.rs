//! Reading a request whole, and who signed it.

use std::sync::Arc;

use axum::body::Body;
use axum::extract::Request;
use axum::http::request::Parts;
use axum::http::{HeaderMap, header};
use futures::StreamExt;
use ruhu_sync::auth::{SignedRequest, parse_authorization};
use ruhu_sync::{CodecError, DeviceId, PublicKey, Signature};

use super::app::{Shared, key_of};
use super::capacity::{Caller, Capacity, Held};
use super::connections::Connection;
use super::failure::Failure;
use crate::error::{HubError, RequestError};

/// A request that has arrived whole.
#[derive(Debug)]
pub(super) struct Message {
    pub parts: Parts,
    pub body: Vec<u8>,
    /// The memory for the body, as long as it is needed.
    _held: Held,
}

impl Message {
    /// Reads a request with at most `limit` bytes of body. It may take as long as it moves: whoever falls
    /// silent loses the connection.
    pub(super) async fn read(app: &Shared, request: Request, limit: usize) -> Result<Message, Failure> {
        let (parts, body) = request.into_parts();
        let connection = parts.extensions.get::<Arc<Connection>>();
        let caller = app.caller(claim(&parts.headers).map(|(device, _)| device));
        let mut held = Held::default();
        let body = read(&parts.headers, body, limit, caller, &app.capacity, &mut held).await?;
        connection.inspect(|connection| connection.request_is_here());
        Ok(Message { parts, body, _held: held })
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
        claim(self.headers()).ok_or_else(|| RequestError::Unsigned.into())
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
        let key = key_of(app, device).await?.ok_or(HubError::UnknownDevice)?;
        match self.is_signed_by(&key, &signature, app.server) {
            true => Ok(device),
            false => Err(RequestError::Unsigned.into()),
        }
    }
}

/// Who says to have made a request.
pub(super) fn claim(headers: &HeaderMap) -> Option<(DeviceId, Signature)> {
    parse_authorization(headers.get(header::AUTHORIZATION)?.to_str().ok()?)
}

async fn read(
    headers: &HeaderMap,
    body: Body,
    limit: usize,
    caller: Caller,
    capacity: &Capacity,
    held: &mut Held,
) -> Result<Vec<u8>, Failure> {
    let announced = headers.get(header::CONTENT_LENGTH).and_then(|value| value.to_str().ok()?.parse().ok());
    if announced.is_some_and(|length: usize| length > limit) {
        return Err(CodecError::TooLarge { limit }.into());
    }
    let (mut stream, mut bytes) = (body.into_data_stream(), Vec::new());
    while let Some(chunk) = stream.next().await {
        let chunk = chunk.map_err(|_| RequestError::Cut)?;
        let length = bytes.len() + chunk.len();
        if length > limit {
            return Err(CodecError::TooLarge { limit }.into());
        }
        capacity.hold(held, length, caller).await?;
        bytes.extend_from_slice(&chunk);
    }
    Ok(bytes)
}
