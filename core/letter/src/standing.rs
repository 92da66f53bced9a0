//! Which of a household's letters a photo shows.

use ruhu_case::Household;
use ruhu_sheet::payload::Payload;
use ruhu_text::Bilingual;
use uuid::Uuid;

use crate::letter::hex;
use crate::printed::{Printed, printed};

/// How the letter in a photo stands to a household.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Standing {
    /// The household's letter that was printed last.
    Current,
    /// One that was printed before; what was printed last says something else.
    Outdated {
        /// The version of the letter that was printed last.
        current: String,
    },
    /// Another household's letter.
    OtherCase,
    /// The household's number and no letter that was printed into it: printed on a phone that has not synced,
    /// or not by this program.
    Unknown,
    /// No QR code of ours was read.
    NoCode,
}

impl Standing {
    /// Of what a photo's QR code holds.
    pub fn of(household: &Household, case: Uuid, payload: Option<&Payload>) -> Standing {
        let Some(payload) = payload else { return Standing::NoCode };
        if payload.case != case {
            return Standing::OtherCase;
        }
        let last = printed(household).map(|one| one.turn).max();
        match shown(household, payload) {
            None => Standing::Unknown,
            Some(one) if Some(one.turn) == last => Standing::Current,
            Some(_) => {
                let newest = printed(household).find(|one| Some(one.turn) == last);
                Standing::Outdated { current: newest.map(|one| one.version()).unwrap_or_default() }
            }
        }
    }

    /// A word for programs.
    pub fn code(&self) -> &'static str {
        match self {
            Standing::Current => "current",
            Standing::Outdated { .. } => "outdated",
            Standing::OtherCase => "other_case",
            Standing::Unknown => "unknown",
            Standing::NoCode => "no_code",
        }
    }

    /// What to do; nothing where it is the letter that was printed last.
    pub fn advice(&self) -> Option<Bilingual> {
        let (zh, en) = match self {
            Standing::Current => return None,
            Standing::Outdated { current } => (
                format!("这是旧版授权书，现在用的是 {current}：请打印新的重签。"),
                format!("This is an outdated letter; {current} is the present one: print and sign that."),
            ),
            Standing::OtherCase => (
                "这是别的户的授权书：请核对是否拿错。".to_owned(),
                "This is another household's letter: see whether the papers were mixed up.".to_owned(),
            ),
            Standing::Unknown => (
                "本户没有打印过这份授权书：可能在别的手机上打印，请先同步再看。".to_owned(),
                "This letter was not printed into this household: perhaps on another phone; sync, and look again."
                    .to_owned(),
            ),
            Standing::NoCode => (
                "没有读出二维码，不知道是哪一户、哪一版的授权书：请把整张纸拍进画面，或自己核对。".to_owned(),
                "No QR code was read, so it is not known whose letter this is: take the whole sheet, or compare it yourself."
                    .to_owned(),
            ),
        };
        Some(Bilingual::new(zh, en))
    }
}

/// Names of those who authorise by the letter in a photo, in the order of the boxes; none where it is no letter of
/// the household.
pub fn grantor_names(household: &Household, case: Uuid, payload: Option<&Payload>) -> Vec<String> {
    let own = payload.filter(|payload| payload.case == case);
    own.and_then(|payload| shown(household, payload)).map(|one| one.names()).unwrap_or_default()
}

/// The letter of the household that has these words.
pub(crate) fn shown<'h>(household: &'h Household, payload: &Payload) -> Option<Printed<'h>> {
    let hash = hex(&payload.hash);
    printed(household).find(|one| one.hash().starts_with(&hash) && one.version() == payload.version)
}
