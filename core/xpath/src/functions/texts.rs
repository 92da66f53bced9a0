//! Texts. They are counted in Unicode characters, so that 𠮷田 has two.

use std::borrow::Cow;

use super::{Function, MANY, function};
use crate::ast::Expr;
use crate::eval::{Evaluator, MAX_TEXT};
use crate::eval_error::EvalError;
use crate::host::Frame;
use crate::value::Value;
use regex_lite::Regex;

type Evaluated = Result<Value, EvalError>;

/// A function of two texts.
macro_rules! of_two {
    ($name:literal, $f:expr) => {
        function($name, 2, 2, |e, frame, args| {
            let f: fn(&str, &str) -> Value = $f;
            Ok(f(&e.argument_text(frame, args, 0)?, &e.argument_text(frame, args, 1)?))
        })
    };
}

pub(super) const TABLE: &[Function] = &[
    function("string", 0, 1, |e, frame, args| Ok(own_or_first(e, frame, args)?.into_owned().into())),
    function("string-length", 0, 1, |e, frame, args| {
        Ok((own_or_first(e, frame, args)?.chars().count() as f64).into())
    }),
    function("normalize-space", 0, 1, normalize_space),
    // Ours: persons are compared by names and numbers however they were typed.
    function("ruhu:fold", 1, 1, |e, frame, args| {
        Ok(ruhu_text::folded(&e.argument_text(frame, args, 0)?).into())
    }),
    function("concat", 0, MANY, concat),
    function("join", 1, MANY, join),
    function("substr", 2, 3, substr),
    function("substring", 2, 3, substring),
    function("translate", 3, 3, translate),
    function("regex", 2, 2, regex),
    function("uuid", 0, 1, uuid),
    of_two!("starts-with", |text, part| text.starts_with(part).into()),
    of_two!("ends-with", |text, part| text.ends_with(part).into()),
    of_two!("contains", |text, part| text.contains(part).into()),
    of_two!("substring-before", |text, part| text.split_once(part).map_or("", |(before, _)| before).into()),
    of_two!("substring-after", |text, part| text.split_once(part).map_or("", |(_, after)| after).into()),
];

fn own_or_first<'a>(e: &Evaluator<'a>, frame: Frame, args: &'a [Expr]) -> Result<Cow<'a, str>, EvalError> {
    if args.is_empty() { Ok(e.node_text(frame.node)) } else { e.argument_text(frame, args, 0) }
}

fn normalize_space(e: &Evaluator<'_>, frame: Frame, args: &[Expr]) -> Evaluated {
    let text = own_or_first(e, frame, args)?;
    let words: Vec<&str> = text.split([' ', '\t', '\r', '\n']).filter(|word| !word.is_empty()).collect();
    Ok(words.join(" ").into())
}

fn concat(e: &Evaluator<'_>, frame: Frame, args: &[Expr]) -> Evaluated {
    joined(&e.all_texts(frame, args)?, "")
}

fn join(e: &Evaluator<'_>, frame: Frame, args: &[Expr]) -> Evaluated {
    let separator = e.argument_text(frame, args, 0)?;
    joined(&e.all_texts(frame, args.get(1..).unwrap_or(&[]))?, &separator)
}

fn joined(texts: &[String], separator: &str) -> Evaluated {
    let length: usize = texts.iter().map(|text| text.len() + separator.len()).sum();
    if length > MAX_TEXT {
        return Err(EvalError::TextTooLong);
    }
    Ok(texts.join(separator).into())
}

/// ODK's: from 0, the end not included, negative numbers from the end.
fn substr(e: &Evaluator<'_>, frame: Frame, args: &[Expr]) -> Evaluated {
    let characters: Vec<char> = e.argument_text(frame, args, 0)?.chars().collect();
    let length = characters.len() as f64;
    let at = |number: f64| {
        if number < 0.0 { (length + number.trunc()).max(0.0) } else { number.trunc().min(length) }
    };
    let start = at(e.argument_number(frame, args, 1)?);
    let end = if args.len() > 2 { at(e.argument_number(frame, args, 2)?) } else { length };
    if start.is_nan() || end.is_nan() || start >= end {
        return Ok("".into());
    }
    Ok(characters.get(start as usize..end as usize).unwrap_or(&[]).iter().collect::<String>().into())
}

/// XPath's: from 1, with a length, both rounded.
fn substring(e: &Evaluator<'_>, frame: Frame, args: &[Expr]) -> Evaluated {
    let text = e.argument_text(frame, args, 0)?;
    let round = |number: f64| (number + 0.5).floor();
    let start = round(e.argument_number(frame, args, 1)?);
    let end = match args.len() {
        2 => f64::INFINITY,
        _ => start + round(e.argument_number(frame, args, 2)?),
    };
    let within = |position: usize| position as f64 >= start && (position as f64) < end;
    Ok(text.chars().enumerate().filter(|(i, _)| within(i + 1)).map(|(_, c)| c).collect::<String>().into())
}

fn translate(e: &Evaluator<'_>, frame: Frame, args: &[Expr]) -> Evaluated {
    let text = e.argument_text(frame, args, 0)?;
    let from: Vec<char> = e.argument_text(frame, args, 1)?.chars().collect();
    let to: Vec<char> = e.argument_text(frame, args, 2)?.chars().collect();
    let one = |c: char| match from.iter().position(|candidate| *candidate == c) {
        Some(at) => to.get(at).copied(),
        None => Some(c),
    };
    Ok(text.chars().filter_map(one).collect::<String>().into())
}

/// Whether the pattern is found anywhere in the text.
fn regex(e: &Evaluator<'_>, frame: Frame, args: &[Expr]) -> Evaluated {
    let (text, pattern) = (e.argument_text(frame, args, 0)?, e.argument_text(frame, args, 1)?);
    if let Some(compiled) = e.host.pattern(&pattern) {
        return Ok(compiled.is_match(&text).into());
    }
    let compiled = compile_pattern(&pattern).ok_or(EvalError::BadPattern)?;
    Ok(compiled.is_match(&text).into())
}

/// Compiles a pattern; none when it cannot be read.
pub fn compile_pattern(pattern: &str) -> Option<Regex> {
    regex_lite::RegexBuilder::new(pattern).size_limit(1 << 20).build().ok()
}

/// Version 4 without an argument, else so many random characters.
fn uuid(e: &Evaluator<'_>, frame: Frame, args: &[Expr]) -> Evaluated {
    if args.is_empty() {
        let (high, low) = (e.draw(frame), e.draw(frame));
        return Ok(format!(
            "{:08x}-{:04x}-4{:03x}-{:04x}-{:012x}",
            high >> 32,
            (high >> 16) & 0xffff,
            high & 0xfff,
            0x8000 | ((low >> 48) & 0x3fff),
            low & 0xffff_ffff_ffff
        )
        .into());
    }
    let length = e.argument_number(frame, args, 0)?;
    if !(0.0..=1024.0).contains(&length) {
        return Err(EvalError::BadArgument { function: "uuid" });
    }
    let alphabet = b"0123456789ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz";
    let letter = |_| {
        let n = (e.draw(frame) % alphabet.len() as u64) as usize;
        alphabet.get(n).map_or('0', |byte| char::from(*byte))
    };
    Ok((0..length as usize).map(letter).collect::<String>().into())
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_hostile_pattern_is_refused_and_not_grown() {
        assert!(compile_pattern("(").is_none());
        assert!(compile_pattern("((a{1000}){1000}){1000}").is_none());
        assert!(compile_pattern("^[0-9]{17}[0-9X]$").is_some());
    }
}
