//! What every crate needs to speak to people: the two [`Lang`]uages, a text in both
//! ([`Bilingual`]), errors that say what happened and what to do ([`Explain`]), the word that a
//! slip of the hand was meant to be ([`nearest`]), texts that say the same however they were typed
//! ([`folded`]), what is wrong with a file, cell by cell
//! ([`Diagnostic`]), and pinyin initials (feature `pinyin`).
//!
//! ```
//! use ruhu_text::{Explain, Explanation, Lang};
//!
//! struct DiskFull;
//!
//! impl Explain for DiskFull {
//!     fn code(&self) -> &'static str {
//!         "disk_full"
//!     }
//!     fn explain(&self) -> Explanation {
//!         Explanation::new("存储空间已满。", "The disk is full.").advise("请清理空间后再试。", "Free some space and try again.")
//!     }
//! }
//!
//! assert_eq!(DiskFull.message(Lang::Zh), "存储空间已满。请清理空间后再试。");
//! assert_eq!(DiskFull.message(Lang::En), "The disk is full. Free some space and try again.");
//! ```

mod bilingual;
mod diagnostic;
mod explain;
mod fold;
#[cfg(feature = "pinyin")]
mod initials;
mod lang;
mod nearest;
#[cfg(feature = "pinyin")]
mod search;
mod system_error;

pub use bilingual::Bilingual;
pub use diagnostic::{Diagnostic, Diagnostics, Severity};
pub use explain::{Explain, Explanation};
pub use fold::folded;
#[cfg(feature = "pinyin")]
pub use initials::initials;
pub use lang::Lang;
pub use nearest::nearest;
#[cfg(feature = "pinyin")]
pub use search::{Match, search};
pub use system_error::with_reason;
