//! Requests to look something up, none without a live authorisation.

use ruhu_device::Device;
use serde_json::json;

use crate::arguments::CheckRequestCommand;
use crate::commands::case_id;
use crate::commands::evidence::write_new;
use crate::failure::Failure;
use crate::output::Output;

/// `ruhu check-request`.
pub fn run(device: &Device, command: &CheckRequestCommand, output: &mut Output) -> Result<(), Failure> {
    let CheckRequestCommand::Export { case, person, scope, out } = command;
    if out.exists() {
        return Err(Failure::Exists);
    }
    let request = device.check_request_export(&case_id(device, case)?, person, scope)?;
    write_new(out, request.as_bytes())?;
    output.answer(&json!({ "written": true, "bytes": request.len() }), |output, _| {
        output.line(output.pick("已写出核对请求。", "The request was written."))
    })
}
