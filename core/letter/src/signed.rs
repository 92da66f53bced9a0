//! Whose signatures stand on a signed copy of a letter.

use crate::error::LetterError;
use crate::letter::Letter;
use crate::person::Person;
use crate::signature::{Signature, check_differs};

/// A signature that was drawn on the screen, and whose it is.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct DrawnSignature {
    /// Who signs: the number that the letter gives them, their whole name, or the number of their paper.
    pub grantor: String,
    /// The strokes, as [`crate::signature`] reads them.
    pub strokes: Vec<u8>,
}

/// The signatures of a letter with the place of each grantor, from 0.
///
/// # Errors
/// `letter_no_signer` when nobody or several are meant, `letter_signed_twice`, and the codes of
/// [`crate::signature::SignatureError`]: `signature_same` when two people's are one drawing.
pub fn signed_by(letter: &Letter, drawn: &[DrawnSignature]) -> Result<Vec<(usize, Signature)>, LetterError> {
    let mut signed: Vec<(usize, Signature)> = Vec::with_capacity(drawn.len());
    for (count, one) in drawn.iter().enumerate() {
        let at = place(letter, &one.grantor)?;
        let person = person(letter, at);
        let who = person.name.clone();
        let refused = |error| LetterError::Signature { who: who.clone(), error };
        let signature = Signature::from_json(&one.strokes).map_err(refused)?;
        for (other, (other_at, _)) in drawn.iter().take(count).zip(&signed) {
            if *other_at == at {
                return Err(LetterError::SignedTwice(who));
            }
            // A guardian signs for a child and for themselves, and may do so with one drawing.
            if !self::person(letter, *other_at).is(&person) {
                check_differs(&other.strokes, &one.strokes).map_err(refused)?;
            }
        }
        signed.push((at, signature));
    }
    Ok(signed)
}

fn person(letter: &Letter, at: usize) -> Person {
    let grantor = letter.contents.grantors.get(at);
    grantor.map_or_else(|| Person::new("", ""), |grantor| Person::new(&grantor.name, &grantor.idno))
}

/// The place of the one grantor whom a word means.
fn place(letter: &Letter, word: &str) -> Result<usize, LetterError> {
    let grantors = &letter.contents.grantors;
    let missing = || LetterError::NoSigner(word.trim().to_owned());
    if let Ok(number) = word.trim().parse::<usize>()
        && number <= ruhu_sheet::payload::MAX_GRANTORS
    {
        return number.checked_sub(1).filter(|at| *at < grantors.len()).ok_or_else(missing);
    }
    let mut meant = (0..grantors.len()).filter(|at| person(letter, *at).is_meant_by(word));
    match (meant.next(), meant.next()) {
        (Some(at), None) => Ok(at),
        _ => Err(missing()),
    }
}
