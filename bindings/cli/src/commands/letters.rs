//! The authorisation letter: printing it, who is covered, withdrawals.

use std::fs::File;
use std::io::{ErrorKind, Read};

use ruhu_device::signature::MAX_BYTES;
use ruhu_device::{
    Coverage, Device, DrawnSignature, Explain, FontSet, LetterWishes, NATIONAL_LETTER, PrintedLetter,
};
use ruhu_text::Lang;

use crate::arguments::{LetterCommand, LetterPhotoCommand, LetterPrintArguments};
use crate::commands::evidence::write_new;
use crate::commands::{case_id, letter_photos, link, print_reuse};
use crate::failure::Failure;
use crate::fonts::with_fonts;
use crate::output::Output;
use crate::table::Table;

/// `ruhu letter`.
pub fn run(device: &Device, command: &LetterCommand, output: &mut Output) -> Result<(), Failure> {
    match command {
        LetterCommand::Print(arguments) => print(device, arguments, output),
        LetterCommand::Photos(LetterPhotoCommand::Reuse { held: true, .. }) => {
            print_reuse::held(device, output)
        }
        LetterCommand::Photos(command) => {
            let case = command.case().map(|word| case_id(device, word)).transpose()?;
            letter_photos::run(command, case.as_deref().map(|case| (device, case)), output)
        }
        LetterCommand::Coverage { case } => {
            let coverage = device.letter_coverage(&case_id(device, case)?)?;
            output.answer(&coverage, print_coverage)
        }
        LetterCommand::Withdraw { case, grantor, reason } => {
            let coverage = device.letter_withdraw(&case_id(device, case)?, grantor, reason)?;
            output.answer(&coverage, |output, coverage| {
                output.line(output.pick(
                    "已登记撤回，从现在起不再核对。",
                    "The withdrawal is written down: from now on nothing is looked up.",
                ))?;
                print_coverage(output, coverage)
            })
        }
    }
}

fn print(device: &Device, arguments: &LetterPrintArguments, output: &mut Output) -> Result<(), Failure> {
    let case = case_id(device, &arguments.case)?;
    let files = [Some(&arguments.out), arguments.boxes.as_ref()];
    if files.into_iter().flatten().any(|file| file.exists()) {
        return Err(Failure::Exists);
    }
    let template = match &arguments.template {
        Some(file) => std::fs::read(file).map_err(|error| Failure::Read(error.kind()))?,
        None => NATIONAL_LETTER.to_vec(),
    };
    let wishes = LetterWishes {
        scope: arguments.scope.clone(),
        from: arguments.from.clone(),
        to: arguments.to.clone(),
        signed: arguments
            .signed
            .iter()
            .map(|word| signature((device, &case), word, output))
            .collect::<Result<_, _>>()?,
    };
    let print = |fonts: &FontSet| device.letter_print(&case, &template, &wishes, fonts);
    let letter = with_fonts(arguments.fonts.as_deref(), print)?;
    write_new(&arguments.out, &letter.pdf)?;
    if let Some(boxes) = &arguments.boxes {
        write_new(boxes, letter.boxes.as_bytes())?;
    }
    output.answer(&letter, |output, letter| {
        output.line(&told(output.lang(), letter))?;
        output.line(&format!("SHA-256 {}", letter.hash))
    })
}

/// `WHO=FILE`, the file read, or `WHO=ID`: a signature that the household keeps.
fn signature(
    (device, case): (&Device, &str),
    word: &str,
    output: &mut Output,
) -> Result<DrawnSignature, Failure> {
    let (grantor, named) = word.split_once('=').ok_or_else(|| Failure::Signed(word.to_owned()))?;
    let file = match File::open(named) {
        Ok(file) => file,
        Err(error) if error.kind() == ErrorKind::NotFound => {
            let strokes = kept(device, case, named, output)?;
            return Ok(DrawnSignature { grantor: grantor.to_owned(), strokes });
        }
        Err(error) => return Err(Failure::Read(error.kind())),
    };
    // Of a file that is too large so much is read that it is told to be.
    let mut strokes = Vec::new();
    let read = file.take(MAX_BYTES as u64 + 1).read_to_end(&mut strokes);
    read.map_err(|error| Failure::Read(error.kind()))?;
    Ok(DrawnSignature { grantor: grantor.to_owned(), strokes })
}

/// The strokes of a signature that the household keeps; one that is not here is fetched.
fn kept(device: &Device, case: &str, id: &str, output: &mut Output) -> Result<Vec<u8>, Failure> {
    match device.signature(case, id) {
        Err(error) if error.code() == "not_found" && device.status()?.enrolled => {
            link::fetch_file(device, &device.file_name(id)?, output)?;
            Ok(device.signature(case, id)?)
        }
        read => Ok(read?),
    }
}

fn told(lang: Lang, letter: &PrintedLetter) -> String {
    let (version, sheets, people) = (&letter.version, letter.sheets, letter.grantors.len());
    match (lang, letter.new) {
        (Lang::Zh, true) => format!("已打印授权书 {version}：{people} 名授权人，{sheets} 页"),
        (Lang::Zh, false) => format!("再次打印授权书 {version}：{people} 名授权人，{sheets} 页"),
        (Lang::En, true) => format!("Printed letter {version}: {people} grantors, {sheets} sheets"),
        (Lang::En, false) => format!("Printed letter {version} again: {people} grantors, {sheets} sheets"),
    }
}

fn print_coverage(output: &mut Output, coverage: &Coverage) -> Result<(), Failure> {
    let lang = output.lang();
    let mut table = match lang {
        Lang::Zh => Table::new(["姓名", "", "可以核对", "到哪天", "授权人", "为什么不能"]),
        Lang::En => Table::new(["name", "", "may be looked up", "until", "by", "why not"]),
    };
    for person in &coverage.people {
        let kind = match (person.minor, person.obligor) {
            (_, true) => lang.pick("义务人", "obligor"),
            (true, _) => lang.pick("未成年", "minor"),
            _ => "",
        };
        let lacks: Vec<String> =
            person.lacks.iter().map(|lack| lack.message().get(lang).to_owned()).collect();
        let lacks =
            if person.covered.is_empty() { lacks.join(lang.pick("；", "; ")) } else { String::new() };
        // Things with the same last day and grantor stand together.
        let groups = person.covered.chunk_by(|one, next| one.until == next.until && one.by == next.by);
        let mut rows: Vec<[String; 4]> = groups
            .filter_map(|group| {
                let first = group.first()?;
                let scope = group.iter().map(|cover| cover.scope.as_str()).collect::<Vec<_>>().join(" ");
                Some([scope, first.until.clone(), first.by.clone(), String::new()])
            })
            .collect();
        if rows.is_empty() {
            rows.push([String::new(), String::new(), String::new(), lacks]);
        }
        for [scope, until, by, lacks] in rows {
            table.row([person.person.name.clone(), kind.to_owned(), scope, until, by, lacks]);
        }
    }
    output.table(&table)
}
