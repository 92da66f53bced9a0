//! A request to look something up: there is none but through the gate of live authorisations.

use ruhu_text::{Bilingual, Explain, Explanation, Lang};
use serde::Serialize;

use crate::coverage::{Cover, Coverage, Lack, PersonCoverage};
use crate::person::Person;

/// Why one thing may not be asked about one person.
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
pub struct Refusal {
    /// Who.
    pub person: Person,
    /// What, as the form codes it.
    pub scope: String,
    /// Why not.
    pub lack: Lack,
    /// The same for people.
    pub message: Bilingual,
}

/// Why there is no request. Nothing was written then.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
pub enum RequestError {
    /// Nothing was asked.
    #[error("nothing is asked")]
    NoScope,
    /// A word that means nobody of this household, or more than one; with how many.
    #[error("{1} people are meant by a word")]
    WhoIsMeant(String, usize),
    /// The household has nobody who could be asked about.
    #[error("nobody to ask about")]
    Nobody,
    /// No live authorisation covers it.
    #[error("{} things are not authorised", .0.len())]
    NotAuthorized(Vec<Refusal>),
}

impl Explain for RequestError {
    fn code(&self) -> &'static str {
        match self {
            RequestError::NoScope => "request_no_scope",
            RequestError::WhoIsMeant(..) => "request_who",
            RequestError::Nobody => "request_nobody",
            RequestError::NotAuthorized(_) => "not_authorized",
        }
    }

    fn explain(&self) -> Explanation {
        match self {
            RequestError::NoScope => {
                Explanation::new("没有写明要核对什么。", "It does not say what is to be looked up.")
            }
            RequestError::WhoIsMeant(word, 0) => Explanation::new(
                format!("这一户没有“{word}”。"),
                format!("Nobody of this household is meant by “{word}”."),
            )
            .advise("请写全姓名或证件号码。", "Write the whole name, or the number."),
            RequestError::WhoIsMeant(word, count) => Explanation::new(
                format!("这一户有 {count} 个“{word}”，证件号码不同。"),
                format!("{count} people of this household are called “{word}”, with different numbers."),
            )
            .advise(
                "请改写证件号码；若其实是同一人，请先改正写错的号码。",
                "Write the number; if they are one person, correct the wrong number first.",
            ),
            RequestError::Nobody => {
                Explanation::new("这一户没有可以核对的人。", "The household has nobody to ask about.")
            }
            RequestError::NotAuthorized(refusals) => {
                let lines = |lang: Lang| -> String {
                    let line = |one: &Refusal| {
                        format!("\n  {} {} {}", one.person.name, one.scope, one.message.get(lang))
                    };
                    refusals.iter().map(line).collect()
                };
                Explanation::new(
                    format!("没有有效授权，不能提出核对。没有写出任何内容：{}", lines(Lang::Zh)),
                    format!(
                        "Not authorised, so nothing may be looked up. Nothing was written:{}",
                        lines(Lang::En)
                    ),
                )
            }
        }
    }
}

/// One person of a request.
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
struct Asked {
    name: String,
    idno: String,
    authorized: Vec<Cover>,
}

/// A request that live authorisations cover, person by person and thing by thing.
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
pub struct CheckRequest {
    format: &'static str,
    day: String,
    people: Vec<Asked>,
}

impl CheckRequest {
    /// The one way to a request. `people`: words that mean one person each, or nothing for everybody of
    /// the coverage; `scope`: codes.
    ///
    /// # Errors
    /// `request_no_scope`, `request_who`, `request_nobody`; `not_authorized` with every person and
    /// thing that no live authorisation covers on the coverage's day.
    pub fn new(
        coverage: &Coverage,
        people: &[String],
        scope: &[String],
    ) -> Result<CheckRequest, RequestError> {
        if scope.is_empty() {
            return Err(RequestError::NoScope);
        }
        let chosen = match people.is_empty() {
            true => coverage.people.iter().collect(),
            false => people.iter().map(|word| meant(coverage, word)).collect::<Result<Vec<_>, _>>()?,
        };
        if chosen.is_empty() {
            return Err(RequestError::Nobody);
        }
        let refusals: Vec<Refusal> = chosen
            .iter()
            .flat_map(|person| scope.iter().filter_map(|scope| refusal(coverage, person, scope)))
            .collect();
        if !refusals.is_empty() {
            return Err(RequestError::NotAuthorized(refusals));
        }
        let asked = |person: &&PersonCoverage| Asked {
            name: person.person.name.clone(),
            idno: person.person.idno.clone(),
            authorized: person.covered.iter().filter(|cover| scope.contains(&cover.scope)).cloned().collect(),
        };
        Ok(CheckRequest {
            format: "ruhu-check-request-1",
            day: coverage.day.clone(),
            people: chosen.iter().map(asked).collect(),
        })
    }

    /// The names of those it asks about.
    pub fn names(&self) -> Vec<&str> {
        self.people.iter().map(|asked| asked.name.as_str()).collect()
    }
}

fn meant<'a>(coverage: &'a Coverage, word: &str) -> Result<&'a PersonCoverage, RequestError> {
    let meant: Vec<_> = coverage.people.iter().filter(|person| person.person.is_meant_by(word)).collect();
    match meant.as_slice() {
        [person] => Ok(person),
        several => Err(RequestError::WhoIsMeant(word.to_owned(), several.len())),
    }
}

fn refusal(coverage: &Coverage, person: &PersonCoverage, scope: &str) -> Option<Refusal> {
    let lack = match person.person.idno.is_empty() {
        true => Some(Lack::NoNumber),
        false => coverage.lack(person, scope),
    }?;
    Some(Refusal { person: person.person.clone(), scope: scope.to_owned(), lack, message: lack.message() })
}
