//! Every decoder of the project, each with one entry that takes bytes of a stranger.
//!
//! The fuzz targets and the replay of their crashers call [`run`]. An entry reads the bytes, holds
//! what came out to what it must satisfy (what was read is written and read again as the same), and
//! panics when it does not. Bytes that are refused with an error are as good as bytes that are read.

mod cases;
mod conformance;
mod files;
mod filling;
mod forms;
mod letter_photos;
mod letters;
mod server;
mod text;
mod wire;

/// A decoder with its entry and with examples of what it is made for.
pub struct Decoder {
    /// The name of its fuzz target.
    pub name: &'static str,
    feed: fn(&[u8]),
    seeds: fn() -> Vec<Vec<u8>>,
}

impl Decoder {
    /// Feeds it bytes; panics when the decoder breaks a promise.
    pub fn feed(&self, bytes: &[u8]) {
        (self.feed)(bytes);
    }

    /// Valid inputs, the same ones at every call.
    pub fn seeds(&self) -> Vec<Vec<u8>> {
        (self.seeds)()
    }
}

/// Every decoder, by name.
pub const ALL: &[Decoder] = &[
    Decoder { name: "answers", feed: filling::answers, seeds: filling::answer_seeds },
    Decoder { name: "attachment", feed: forms::attachment, seeds: forms::attachment_seeds },
    Decoder { name: "author", feed: wire::author, seeds: wire::author_seeds },
    Decoder { name: "authorization", feed: text::authorization, seeds: text::authorization_seeds },
    Decoder { name: "backup", feed: server::backup, seeds: server::backup_seeds },
    Decoder { name: "certificate", feed: wire::certificate, seeds: wire::certificate_seeds },
    Decoder { name: "change", feed: cases::change, seeds: cases::change_seeds },
    Decoder { name: "division", feed: text::division, seeds: text::division_seeds },
    Decoder { name: "document", feed: cases::document, seeds: cases::document_seeds },
    Decoder { name: "enroll_code", feed: text::enroll_code, seeds: text::enroll_code_seeds },
    Decoder { name: "enrolment", feed: wire::enrolment, seeds: wire::enrolment_seeds },
    Decoder { name: "envelope", feed: wire::envelope, seeds: wire::envelope_seeds },
    Decoder { name: "exif", feed: files::exif, seeds: files::exif_seeds },
    Decoder { name: "expression", feed: forms::expression, seeds: forms::expression_seeds },
    Decoder { name: "file_receipt", feed: wire::file_receipt, seeds: wire::file_receipt_seeds },
    Decoder { name: "form_bytes", feed: forms::form_bytes, seeds: forms::form_bytes_seeds },
    Decoder { name: "gaps", feed: wire::gaps, seeds: wire::gap_seeds },
    Decoder { name: "id_number", feed: text::id_number, seeds: text::id_number_seeds },
    Decoder { name: "impression", feed: letter_photos::impression, seeds: letter_photos::impression_seeds },
    Decoder { name: "intake", feed: letter_photos::intake, seeds: letter_photos::picture_seeds },
    Decoder { name: "journal", feed: filling::journal, seeds: filling::journal_seeds },
    Decoder { name: "key_check", feed: files::key_check, seeds: files::key_check_seeds },
    Decoder {
        name: "letter_boxes",
        feed: letter_photos::letter_boxes,
        seeds: letter_photos::letter_boxes_seeds,
    },
    Decoder {
        name: "letter_code",
        feed: letter_photos::letter_code,
        seeds: letter_photos::letter_code_seeds,
    },
    Decoder {
        name: "letter_template",
        feed: letters::letter_template,
        seeds: letters::letter_template_seeds,
    },
    Decoder { name: "log_head", feed: wire::log_head, seeds: wire::log_head_seeds },
    Decoder { name: "migration", feed: filling::migration, seeds: filling::migration_seeds },
    Decoder { name: "money", feed: text::money, seeds: text::money_seeds },
    Decoder { name: "page", feed: wire::page, seeds: wire::page_seeds },
    Decoder { name: "photo_lists", feed: wire::photo_lists, seeds: wire::photo_list_seeds },
    Decoder { name: "picture", feed: letter_photos::picture, seeds: letter_photos::picture_seeds },
    Decoder { name: "range", feed: text::range, seeds: text::range_seeds },
    Decoder { name: "receipt", feed: wire::receipt, seeds: wire::receipt_seeds },
    Decoder { name: "response", feed: wire::response, seeds: wire::response_seeds },
    Decoder { name: "revocations", feed: server::revocations, seeds: server::revocation_seeds },
    Decoder { name: "sealed_file", feed: files::sealed_file, seeds: files::sealed_file_seeds },
    Decoder { name: "signature", feed: letters::signature, seeds: letters::signature_seeds },
    Decoder { name: "traces", feed: conformance::traces, seeds: conformance::trace_seeds },
    Decoder { name: "upload_headers", feed: text::upload_headers, seeds: text::upload_headers_seeds },
    Decoder { name: "vectors", feed: conformance::vectors, seeds: conformance::vector_seeds },
    Decoder { name: "workbook", feed: forms::workbook, seeds: forms::workbook_seeds },
    Decoder { name: "workbook_csv", feed: forms::workbook_csv, seeds: forms::workbook_csv_seeds },
    Decoder { name: "workbook_parts", feed: forms::workbook_parts, seeds: forms::workbook_parts_seeds },
    Decoder { name: "workbook_xls", feed: forms::workbook_xls, seeds: forms::workbook_xls_seeds },
    Decoder { name: "workdays", feed: text::workdays, seeds: text::workdays_seeds },
    Decoder { name: "xform", feed: forms::xform, seeds: forms::xform_seeds },
];

/// The decoder of this name.
pub fn named(name: &str) -> Option<&'static Decoder> {
    ALL.iter().find(|decoder| decoder.name == name)
}

/// Feeds bytes to the decoder of this name; panics when it breaks a promise, or does not exist.
pub fn run(target: &str, bytes: &[u8]) {
    named(target).unwrap_or_else(|| panic!("no decoder is called {target}")).feed(bytes);
}
