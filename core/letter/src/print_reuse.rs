//! The same print on two papers: where both stand, in words, and what is kept of it beside a photo.
//!
//! Pictures of ink are compared; nobody is identified. What a household keeps names the other place by a mark
//! that only those can read who have the other entry: nobody learns of a household that is not theirs.

use data_encoding::HEXLOWER;
use ruhu_case::{DocId, Household, Value, Write};
use ruhu_sheet::payload::Payload;
use ruhu_text::Bilingual;
use ruhu_vision::letter::copies::IMPRESSION_BYTES;
use ruhu_vision::letter::impression::Impression;
use serde::Serialize;
use serde_json::json;
use sha2::{Digest, Sha256};

/// The field of evidence that says on which other entries its prints stand.
pub const FIELD: &str = "print_reuse";
/// How many places are told one by one.
const TOLD: usize = 20;

/// Where a print stands.
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
pub struct PrintPlace {
    /// The household.
    pub case: String,
    /// Its head and address, as people name it; empty where no names are told.
    pub household: String,
    /// The entry of the household.
    pub evidence: String,
    /// SHA-256 of the photo, hexadecimal.
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

impl PrintPlace {
    /// What names an entry to those alone who have it: SHA-256, hexadecimal.
    pub fn mark(case: &DocId, evidence: &str) -> String {
        let mut hash = Sha256::new();
        hash.update(b"ruhu/print-place/1");
        hash.update(case.0);
        hash.update(evidence);
        HEXLOWER.encode(&hash.finalize())
    }

    /// For people: household, version, box.
    fn said(&self) -> (String, String) {
        let (mut zh, mut en) = (format!("“{}”", self.household), format!("“{}”", self.household));
        if let Some(version) = &self.version {
            zh.push_str(&format!("授权书 {version}"));
            en.push_str(&format!(", letter {version}"));
        }
        if let Some(grantor) = &self.grantor {
            let name = self.name.as_ref().map(|name| format!(" {name}")).unwrap_or_default();
            zh.push_str(&format!("第 {grantor} 栏{name}"));
            en.push_str(&format!(", box {grantor}{name}"));
        }
        (zh, en)
    }
}

/// An impression that waits to be compared, in some 10 KB.
#[derive(Debug, Clone)]
pub struct Packed(Vec<u8>);

impl Packed {
    /// The quickest level that still finds the paper around the ink.
    const LEVEL: i32 = 1;

    /// Packs one; nothing when it cannot be packed, so that somebody counts it.
    pub fn of(impression: &Impression) -> Option<Packed> {
        zstd::bulk::compress(&impression.to_bytes(), Packed::LEVEL).ok().map(Packed)
    }

    /// The impression, as one that was kept.
    pub fn impression(&self) -> Option<Impression> {
        let bytes = zstd::bulk::decompress(&self.0, IMPRESSION_BYTES).ok()?;
        Impression::from_bytes(&bytes).ok()
    }
}

/// Two prints that are one.
#[derive(Debug, Clone, PartialEq, Serialize)]
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

impl PrintPair {
    /// Of two places; the one that was attached first, by the clocks of their phones, goes first.
    pub fn new(one: PrintPlace, other: PrintPlace, score: f32) -> PrintPair {
        let at = |place: &PrintPlace| (place.attached_at_ms.unwrap_or(i64::MAX), place.evidence.clone());
        let (a_place, b_place) = if at(&other) < at(&one) { (other, one) } else { (one, other) };
        PrintPair {
            a: a_place.sha256.clone(),
            b: b_place.sha256.clone(),
            score: rounded(score),
            same_household: a_place.case == b_place.case,
            a_place,
            b_place,
        }
    }

    /// Both places, for a person. It names people: it belongs into no log.
    pub fn said(&self) -> Bilingual {
        let ((a_zh, a_en), (b_zh, b_en)) = (self.a_place.said(), self.b_place.said());
        Bilingual::new(
            format!("{b_zh}的捺印与{a_zh}的捺印是同一枚印痕的图像。"),
            format!("The print on {b_en} is a picture of the same impression as that on {a_en}."),
        )
    }
}

/// A print of a new photo that stands on another one already.
#[derive(Debug, Clone, PartialEq, Serialize)]
pub struct ReusedPrint {
    /// In whose box of the new photo, where it is known.
    pub grantor: Option<String>,
    /// How alike they are: from 0.5 to 1.
    pub score: f64,
    /// Whether it is of the household that the new one belongs to.
    pub same_household: bool,
    /// Where it stands already.
    pub earlier: PrintPlace,
    /// Both places and what to do, for a person. It names people: it belongs into no log.
    pub warning: Bilingual,
}

impl ReusedPrint {
    /// Of the place of the new one and the earlier one.
    pub fn new(new: &PrintPlace, earlier: PrintPlace, score: f32) -> ReusedPrint {
        let (grantor, score, same_household) =
            (new.grantor.clone(), rounded(score), new.case == earlier.case);
        let ((zh, en), (new_zh, new_en)) = (earlier.said(), new.said());
        let warning = Bilingual::new(
            format!(
                "{new_zh}的捺印与{zh}的捺印是同一枚印痕的图像：请本人当面重新捺印；不便捺印的，可以签名或由见证人见证。"
            ),
            format!(
                "The print on {new_en} is a picture of the same impression as that on {en}: have it pressed anew while you look on; who cannot press a finger signs, or a witness signs."
            ),
        );
        ReusedPrint { grantor, score, same_household, earlier, warning }
    }
}

/// Why prints of photos were not compared.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub enum Uncompared {
    /// The photo is not here.
    NotHere,
    /// It is here, and was not looked at yet.
    NotLookedAt,
    /// It is no picture that can be read, or its bytes are damaged.
    Unreadable,
    /// No print is found on it.
    NoPrint,
    /// Who pressed it took back what they authorised.
    Withdrawn,
    /// The pictures of prints could not be read or written.
    Store,
}

impl Uncompared {
    /// A word for programs.
    pub fn code(self) -> &'static str {
        match self {
            Uncompared::NotHere => "not_here",
            Uncompared::NotLookedAt => "not_looked_at",
            Uncompared::Unreadable => "unreadable",
            Uncompared::NoPrint => "no_print",
            Uncompared::Withdrawn => "withdrawn",
            Uncompared::Store => "store",
        }
    }

    /// For people, what to do included.
    pub fn message(self) -> Bilingual {
        let (zh, en) = match self {
            Uncompared::NotHere => {
                ("照片不在这里：请同步或取回照片", "the photo is not here: sync, or fetch it")
            }
            Uncompared::NotLookedAt => (
                "照片还没有看过：运行 ruhu letter reuse --held",
                "the photo was not looked at yet: ruhu letter reuse --held does",
            ),
            Uncompared::Unreadable => ("照片无法读取", "the photo cannot be read"),
            Uncompared::NoPrint => ("照片上没有找到捺印", "no print is found on the photo"),
            Uncompared::Withdrawn => ("授权已经撤回", "the authorisation was withdrawn"),
            Uncompared::Store => {
                ("捺印图像库暂时无法使用", "the store of prints cannot be used at the moment")
            }
        };
        Bilingual::new(zh, en)
    }
}

/// Photos whose prints were not compared, for one reason.
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
pub struct NotCompared {
    /// The reason, a word: see [`Uncompared::code`].
    pub reason: String,
    /// How many photos.
    pub photos: u32,
    /// The reason in words.
    pub message: Bilingual,
}

impl NotCompared {
    /// Counts reasons.
    pub fn count(reasons: impl IntoIterator<Item = Uncompared>) -> Vec<NotCompared> {
        let mut counted = std::collections::BTreeMap::new();
        reasons.into_iter().for_each(|reason| *counted.entry(reason).or_insert(0) += 1);
        let one = |(reason, photos): (Uncompared, u32)| NotCompared {
            reason: reason.code().to_owned(),
            photos,
            message: reason.message(),
        };
        counted.into_iter().map(one).collect()
    }
}

/// The prints among photos that stand on more than one of them.
#[derive(Debug, Clone, PartialEq, Default, Serialize)]
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
    /// Prints that were not come to, for somebody stopped it.
    pub not_come_to: u32,
    /// Pairs of which a place is not for this user to see, and places that colleagues found and that are not
    /// here.
    pub not_shown: u32,
    /// Photos that were left out.
    pub not_compared: Vec<NotCompared>,
    /// Why the pictures of prints were made anew since this was last told: `missing`, `unreadable`.
    pub rebuilt: Option<String>,
}

/// Whether the prints of a new photo stand on others already.
#[derive(Debug, Clone, PartialEq, Serialize)]
pub struct PrintReuse {
    /// How many prints the new photo shows.
    pub prints: u32,
    /// With how many prints that are held each was compared.
    pub compared: u32,
    /// Prints that are held and look like it by their outlines, beyond the number that is compared at once:
    /// `letter reuse --held` compares them.
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

impl PrintReuse {
    /// Puts the places into order and keeps those that are told.
    pub fn new(prints: u32, compared: u32, mut reused: Vec<ReusedPrint>, not_shown: u32) -> PrintReuse {
        reused.sort_by(|one, other| {
            one.same_household.cmp(&other.same_household).then(other.score.total_cmp(&one.score))
        });
        let more = u32::try_from(reused.len().saturating_sub(TOLD)).unwrap_or(u32::MAX);
        reused.truncate(TOLD);
        PrintReuse { prints, compared, left: 0, reused, more, not_shown, not_compared: Vec::new() }
    }

    /// Of prints that could not be compared, because the store of prints could not be used.
    pub fn not_done(prints: usize) -> PrintReuse {
        let prints = u32::try_from(prints).unwrap_or(u32::MAX);
        let not_compared = NotCompared::count([Uncompared::Store]);
        PrintReuse { not_compared, ..PrintReuse::new(prints, 0, Vec::new(), 0) }
    }

    /// What keeps it beside the photo, in the entry of this id: how many were compared, how many were left, and by
    /// marks where the same prints stand. Nothing of a photo that shows no print.
    pub fn write(&self, evidence: &str) -> Option<Write> {
        if self.prints == 0 {
            return None;
        }
        let same = self.reused.iter().map(|one| {
            let mark = one.earlier.case.parse::<DocId>().ok();
            let mark = mark.map(|case| PrintPlace::mark(&case, &one.earlier.evidence));
            json!({ "grantor": one.grantor, "score": one.score, "place": mark })
        });
        let facts = json!({
            "reuse": 1,
            "prints": self.prints,
            "compared": self.compared,
            "left": self.left,
            "same": same.collect::<Vec<_>>(),
            "more": self.more + self.not_shown,
        });
        let path = format!("evidence/{evidence}/{FIELD}");
        Some(Write::Put { path, value: Value::Text(facts.to_string()) })
    }
}

/// Whether an entry that a household shows does not say what the prints of its photo were compared with.
pub fn owes_comparison(household: &Household, evidence: &str) -> bool {
    household.evidence.iter().any(|entry| entry.id == evidence && !entry.fields.contains_key(FIELD))
}

/// The marks of places that were kept beside a photo.
pub(crate) fn marks(facts: &serde_json::Value) -> Vec<String> {
    let same = facts["same"].as_array().map(Vec::as_slice).unwrap_or_default();
    same.iter().filter_map(|one| one["place"].as_str()).map(str::to_owned).collect()
}

/// Which sheet of paper a QR code says that a photo shows: two photos of one household that show the same sheet
/// show the same prints, and nothing is wrong with that. Empty without a code.
pub fn paper(payload: Option<&Payload>) -> String {
    let name = |payload: &Payload| {
        let hash = HEXLOWER.encode(&payload.hash);
        format!("{} {} {hash} {}", payload.case, payload.version, payload.sheet)
    };
    payload.map(name).unwrap_or_default()
}

/// A box of a sheet of paper: the household that a photo of it belongs to, which paper ([`paper`]), which grantor's.
pub type BoxOfPaper<'a> = (&'a DocId, &'a str, &'a str);

/// Whether two prints stand in one box of one sheet of paper, which somebody photographed twice. Of photos that do
/// not say which paper they show nobody knows.
pub fn is_one_box(one: BoxOfPaper<'_>, other: BoxOfPaper<'_>) -> bool {
    one == other && !one.1.is_empty()
}

fn rounded(score: f32) -> f64 {
    (f64::from(score) * 1000.0).round() / 1000.0
}

#[cfg(test)]
mod tests {
    use super::*;

    fn place(case: u8, evidence: &str, at_ms: i64) -> PrintPlace {
        PrintPlace {
            case: DocId([case; 16]).to_string(),
            household: "陈大河 三组".into(),
            evidence: evidence.into(),
            sha256: "00".into(),
            version: Some("2026-11".into()),
            grantor: Some("2".into()),
            name: Some("吴桂香".into()),
            attached_at_ms: Some(at_ms),
        }
    }

    #[test]
    fn a_pair_names_both_places_the_earlier_first() {
        let pair = PrintPair::new(place(1, "b", 20), place(2, "a", 10), 0.912_34);
        assert_eq!((pair.a_place.evidence.as_str(), pair.score, pair.same_household), ("a", 0.912, false));
        insta::assert_snapshot!(pair.said().zh, @"“陈大河 三组”授权书 2026-11第 2 栏 吴桂香的捺印与“陈大河 三组”授权书 2026-11第 2 栏 吴桂香的捺印是同一枚印痕的图像。");
        insta::assert_snapshot!(pair.said().en, @"The print on “陈大河 三组”, letter 2026-11, box 2 吴桂香 is a picture of the same impression as that on “陈大河 三组”, letter 2026-11, box 2 吴桂香.");
    }

    #[test]
    fn what_is_kept_names_the_other_place_to_nobody_who_lacks_it() {
        let earlier = place(2, "0191-b", 10);
        let reused = ReusedPrint::new(&place(1, "a", 20), earlier.clone(), 0.8);
        let many = vec![reused; TOLD + 2];
        let reuse = PrintReuse::new(1, 30, many, 1);
        assert_eq!((reuse.reused.len(), reuse.more), (TOLD, 2));
        let Some(Write::Put { path, value: Value::Text(kept) }) = reuse.write("a") else { panic!("no fact") };
        assert_eq!(path, "evidence/a/print_reuse");
        for hidden in [&earlier.case, &earlier.evidence, &earlier.household, &"吴桂香".to_owned()] {
            assert!(!kept.contains(hidden.as_str()), "{kept}");
        }
        let facts = serde_json::from_str(&kept).unwrap();
        assert_eq!(marks(&facts)[0], PrintPlace::mark(&DocId([2; 16]), "0191-b"));
        assert!(PrintReuse::new(0, 30, Vec::new(), 0).write("a").is_none());
        assert!(PrintReuse::new(1, 0, Vec::new(), 0).write("a").is_some(), "it was compared with none");
    }

    #[test]
    fn other_households_are_told_first_then_the_most_alike() {
        let new = place(1, "a", 20);
        let of = |case, score| ReusedPrint::new(&new, place(case, "b", 10), score);
        let reuse = PrintReuse::new(1, 3, vec![of(1, 0.9), of(2, 0.6), of(3, 0.7)], 0);
        let told: Vec<_> = reuse.reused.iter().map(|one| (one.same_household, one.score)).collect();
        assert_eq!(told, [(false, 0.7), (false, 0.6), (true, 0.9)]);
    }
}
