//! The same print on two letters.

use ruhu_device::{HeldReuse, LookedAt, NotCompared, PrintPair, PrintPlace, PrintReuse, ReusedPrint};
use ruhu_text::Bilingual;

/// Where a print stands.
#[uniffi::remote(Record)]
pub struct PrintPlace {
    /// The household.
    pub case: String,
    /// Its head and address, as people name it.
    pub household: String,
    /// The entry of the household; empty for the photo that is asked about.
    pub evidence: String,
    /// SHA-256 of the photo, hexadecimal; empty for the photo that is asked about.
    pub sha256: String,
    /// The letter's version, where it is known.
    pub version: Option<String>,
    /// In whose box: the number that the letter gives them, where it is known.
    pub grantor: Option<String>,
    /// Their name, where the household has the letter.
    pub name: Option<String>,
    /// When the photo was attached, Unix milliseconds by that phone.
    pub attached_at_ms: Option<i64>,
}

/// A print of a new photo that stands on another one already.
#[uniffi::remote(Record)]
pub struct ReusedPrint {
    /// In whose box of the new photo, where it is known.
    pub grantor: Option<String>,
    /// How alike they are: from 0.5 to 1.
    pub score: f64,
    /// Whether it is of the household that the new one belongs to.
    pub same_household: bool,
    /// Where it stands already.
    pub earlier: PrintPlace,
    /// Both places and what to do. It names people: it belongs into no log.
    pub warning: Bilingual,
}

/// Photos whose prints were not compared, for one reason.
#[uniffi::remote(Record)]
pub struct NotCompared {
    /// The reason: `not_here`, `not_looked_at`, `unreadable`, `no_print`, `withdrawn`, `store`.
    pub reason: String,
    /// How many photos.
    pub photos: u32,
    /// The reason in words.
    pub message: Bilingual,
}

/// Whether the prints of a new photo stand on others already.
#[uniffi::remote(Record)]
pub struct PrintReuse {
    /// How many prints the new photo shows.
    pub prints: u32,
    /// With how many prints that are held each was compared.
    pub compared: u32,
    /// Prints that are held and look like it by their outlines, beyond the number that is compared at once:
    /// they are compared among all that are held.
    pub left: u32,
    /// Where they stand already, other households first, 20 at most: a warning.
    pub reused: Vec<ReusedPrint>,
    /// Places beyond these.
    pub more: u32,
    /// Places that this phone's user may not see.
    pub not_shown: u32,
    /// Photos of this phone that were left out.
    pub not_compared: Vec<NotCompared>,
}

/// Two prints that are one.
#[uniffi::remote(Record)]
pub struct PrintPair {
    /// SHA-256 of the photo that was attached first, hexadecimal.
    pub a: String,
    /// That of the other.
    pub b: String,
    /// How alike they are: from 0.5 to 1.
    pub score: f64,
    /// Whether both are of one household.
    pub same_household: bool,
    /// Where the first stands.
    pub a_place: PrintPlace,
    /// Where the other stands.
    pub b_place: PrintPlace,
}

/// The prints among the photos of this phone that stand on more than one of them.
#[uniffi::remote(Record)]
pub struct HeldReuse {
    /// The pairs.
    pub pairs: Vec<PrintPair>,
    /// How many photos were compared.
    pub photos: u32,
    /// How many prints they show.
    pub prints: u32,
    /// Pairs of prints that look alike and were not laid over each other: of many copies of one print a hundred
    /// of those before each are.
    pub left: u32,
    /// Prints that were not come to, for the observer stopped it.
    pub not_come_to: u32,
    /// Pairs of which a place is not for this user to see, and places that colleagues found and that are not
    /// here.
    pub not_shown: u32,
    /// Photos that were left out.
    pub not_compared: Vec<NotCompared>,
    /// Why the pictures of prints were made anew since this was last told: `missing`, `unreadable`.
    pub rebuilt: Option<String>,
}

/// How far looking at photos of letters came.
#[uniffi::remote(Record)]
pub struct LookedAt {
    /// Photos that were looked at now.
    pub looked: u32,
    /// Photos that are here and still to be looked at.
    pub left: u32,
}
