//! A form as a reader gives it.

use ruhu_form::{Fault, Form};

/// A form that could be read.
#[derive(Debug)]
pub struct Reading {
    /// The form.
    pub form: Form,
    /// Warnings; none of them is an error.
    pub faults: Vec<Fault>,
}
