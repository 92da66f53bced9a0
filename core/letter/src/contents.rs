//! What a letter is about: who authorises whom to look up what, and until when.

use ruhu_national::Day;
use serde::{Deserialize, Serialize};
use uuid::Uuid;

/// As what somebody authorises; the codes are those of the form `check_authorization`.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Role {
    /// A member of the household, for themselves.
    Member,
    /// A guardian, for the person in their care.
    Guardian,
    /// A person with a duty of support who lives elsewhere, by their own will.
    Obligor,
}

impl Role {
    /// The role that the form calls so.
    pub fn named(code: &str) -> Option<Role> {
        [Role::Member, Role::Guardian, Role::Obligor].into_iter().find(|role| role.code() == code)
    }

    /// What the form calls it.
    pub fn code(self) -> &'static str {
        match self {
            Role::Member => "member",
            Role::Guardian => "guardian",
            Role::Obligor => "obligor",
        }
    }
}

/// Somebody in a guardian's care.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Ward {
    /// Name.
    pub name: String,
    /// Number of their paper; blank when it is not known.
    pub idno: String,
    /// What the guardian is to them, as the form codes it (`parent`); blank when it is not known.
    pub relation: String,
}

/// Somebody who authorises.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Grantor {
    /// As what.
    pub role: Role,
    /// Name.
    pub name: String,
    /// Number of their paper; blank when it is not known.
    pub idno: String,
    /// For whom, if not for themselves.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub ward: Option<Ward>,
}

/// All that a letter says beside the words of its template. Lists are codes of the form
/// `check_authorization`, in the form's order.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Contents {
    /// The household's document.
    pub case: Uuid,
    /// The number by which people call the case; blank where it has none.
    pub case_number: String,
    /// Who authorises, in the order of the boxes.
    pub grantors: Vec<Grantor>,
    /// What may be looked up.
    pub scope: Vec<String>,
    /// What else may be looked up, in words; with the code `other`.
    pub scope_other: String,
    /// What for.
    pub purpose: Vec<String>,
    /// Who may use it.
    pub recipient: Vec<String>,
    /// Who else may use it, in words; with the code `other`.
    pub recipient_other: String,
    /// The first day.
    pub from: Day,
    /// The last day.
    pub to: Day,
}
