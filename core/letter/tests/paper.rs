//! Letters as they come out on paper: set with real fonts, rendered to pixels, read again.

#![allow(clippy::unwrap_used, clippy::panic)]

use std::path::{Path, PathBuf};
use std::process::Command;

use ruhu_letter::signature::Signature;
use ruhu_letter::{Contents, FontSet, Grantor, Letter, LetterError, NATIONAL, Role, Template, Ward, pdf};
use ruhu_national::Day;
use ruhu_sheet::boxes_file::BoxKind;
use ruhu_sheet::boxes_file::Grantor::Number;
use ruhu_sheet::layout::{self, Corner, MARK_MODULES, QR_MODULES, Rect};
use ruhu_sheet::payload::Payload;
use ruhu_text::{Explain, Lang};
use uuid::Uuid;

/// The fonts that `cargo xtask fonts` fetched: `RUHU_FONTS`, or `fonts` in the target folder.
fn folder() -> PathBuf {
    if let Some(named) = std::env::var_os("RUHU_FONTS") {
        return named.into();
    }
    let own = std::env::current_exe().unwrap();
    let found = own.ancestors().map(|folder| folder.join("fonts")).find(|folder| folder.is_dir());
    found.unwrap_or_else(|| panic!("no fonts: run `cargo xtask fonts` first"))
}

fn fonts() -> FontSet {
    fonts_named("")
}

/// The fonts whose file names have this in them.
fn fonts_named(part: &str) -> FontSet {
    let mut files: Vec<PathBuf> =
        std::fs::read_dir(folder()).unwrap().map(|entry| entry.unwrap().path()).collect();
    files.sort();
    let mut fonts = FontSet::new();
    let is_font = |file: &Path| file.extension().is_some_and(|kind| kind == "ttf");
    let is_meant = |file: &Path| file.to_string_lossy().contains(part);
    for file in files.iter().filter(|file| is_font(file) && is_meant(file)) {
        assert!(fonts.add(std::fs::read(file).unwrap()), "{}", file.display());
    }
    fonts
}

fn grantor(number: usize) -> Grantor {
    let name = ["陈大河", "吴桂香", "𠮷䶮", "㛃㛃", "欧阳𫠝"][number % 5].to_owned();
    let ward =
        Ward { name: "陈小满".into(), idno: "33010920170811002X".into(), relation: "grandparent".into() };
    let guardian = number % 3 == 1;
    Grantor {
        role: if guardian { Role::Guardian } else { Role::Member },
        name,
        idno: "330109195803020016".into(),
        ward: guardian.then_some(ward),
    }
}

fn contents(grantors: usize) -> Contents {
    let codes = |text: &str| text.split_whitespace().map(str::to_owned).collect();
    Contents {
        case: Uuid::from_u128(0x0190_0000_0000_7000_8000_0000_0000_0001),
        case_number: "XA-2026-0117".into(),
        grantors: (0..grantors).map(grantor).collect(),
        scope: codes("household_register marriage tax social_insurance real_estate bank payment"),
        scope_other: String::new(),
        purpose: codes("confirm review"),
        recipient: codes("county township check_centre"),
        recipient_other: String::new(),
        from: Day::new(2026, 11, 27).unwrap(),
        to: Day::new(2027, 11, 26).unwrap(),
    }
}

fn template() -> Template {
    Template::parse(NATIONAL).unwrap()
}

fn letter(grantors: usize) -> Letter {
    Letter::fill(&template(), contents(grantors), 1).unwrap()
}

/// What Poppler's `pdftotext` or `pdftoppm` makes of a PDF.
fn poppler(tool: &str, arguments: &[&str], pdf: &[u8]) -> Vec<u8> {
    let folder = tempfile::tempdir().unwrap();
    let file = folder.path().join("letter.pdf");
    std::fs::write(&file, pdf).unwrap();
    let output = Command::new(tool).args(arguments).arg(&file).arg("-").output();
    let output = output.unwrap_or_else(|error| panic!("{tool} of poppler-utils: {error}"));
    assert!(
        output.status.success() && output.stderr.is_empty(),
        "{}",
        String::from_utf8_lossy(&output.stderr)
    );
    output.stdout
}

fn text(pdf: &[u8], arguments: &[&str]) -> String {
    String::from_utf8(poppler("pdftotext", arguments, pdf)).unwrap()
}

/// A sheet as pixels.
struct Pixels {
    width: usize,
    grey: Vec<u8>,
}

const DOTS_PER_MM: f64 = 200.0 / 25.4;

impl Pixels {
    fn of(pdf: &[u8], sheet: usize) -> Pixels {
        let sheet = sheet.to_string();
        let arguments = ["-gray", "-r", "200", "-singlefile", "-f", &sheet, "-l", &sheet];
        let pgm = {
            let folder = tempfile::tempdir().unwrap();
            let file = folder.path().join("letter.pdf");
            std::fs::write(&file, pdf).unwrap();
            let root = folder.path().join("sheet");
            let status = Command::new("pdftoppm").args(arguments).arg(&file).arg(&root).status();
            assert!(status.unwrap_or_else(|error| panic!("pdftoppm of poppler-utils: {error}")).success());
            std::fs::read(root.with_extension("pgm")).unwrap()
        };
        // `P5`, width, height, 255, then the pixels.
        let mut words = pgm.splitn(4, |byte| byte.is_ascii_whitespace());
        let number = |word: Option<&[u8]>| std::str::from_utf8(word.unwrap()).unwrap().parse().unwrap();
        assert_eq!(words.next(), Some(&b"P5"[..]));
        let (width, height): (usize, usize) = (number(words.next()), number(words.next()));
        Pixels { width, grey: pgm[pgm.len() - width * height..].to_vec() }
    }

    fn is_black(&self, x: f64, y: f64) -> bool {
        let dot = |mm: f64| (mm * DOTS_PER_MM) as usize;
        self.grey[dot(y) * self.width + dot(x)] < 128
    }

    /// Whether ink lies anywhere within a rectangle.
    fn has_ink(&self, place: &Rect) -> bool {
        let dots =
            |from: f64, length: f64| (from * DOTS_PER_MM) as usize..((from + length) * DOTS_PER_MM) as usize;
        dots(place.y, place.h).any(|y| dots(place.x, place.w).any(|x| self.grey[y * self.width + x] < 128))
    }
}

#[test]
fn the_same_letter_gives_the_same_bytes_and_any_other_word_another_hash() {
    let (one, again) = (letter(3), letter(3));
    assert_eq!(one.hash, again.hash);
    assert_eq!(pdf::write(&one, &fonts()).unwrap(), pdf::write(&again, &fonts()).unwrap());
    let mut longer = contents(3);
    longer.to = longer.to.plus(1).unwrap();
    let mut renamed = contents(3);
    renamed.grantors[0].name = "陈小河".into();
    let mut wider = contents(3);
    wider.scope.push("fund".into());
    for other in [longer, renamed, wider] {
        assert_ne!(Letter::fill(&template(), other, 1).unwrap().hash, one.hash);
    }
    assert_ne!(Letter::fill(&template(), contents(3), 2).unwrap().hash, one.hash, "another version");
    let reworded = Template::parse(&[NATIONAL, "\n# 备注\n".as_bytes()].concat()).unwrap();
    let same_words = Letter::fill(&reworded, contents(3), 1).unwrap();
    assert_eq!(same_words.hash, one.hash, "a remark is not printed");
    assert_ne!(same_words.template, one.template);
}

#[test]
fn the_text_of_the_pdf_is_the_chinese_that_was_put_in() {
    let pdf = pdf::write(&letter(6), &fonts()).unwrap();
    let text = text(&pdf, &["-raw"]);
    let words = |text: &str| text.chars().filter(|c| !c.is_whitespace()).collect::<String>();
    let whole = words(&text);
    for expected in [
        "社会救助申请及核对授权书",
        "XA-2026-0117",
        "授权范围：户籍、婚姻登记、纳税、社会保险、不动产登记、银行存款、非银行支付（微信、支付宝等）。",
        "授权期限：自2026年11月27日起，至2027年11月26日止。",
        "3.𠮷䶮（家庭成员）330109195803020016",
        "㛃㛃",
        "欧阳𫠝",
        "代陈小满（孙辈）33010920170811002X",
    ] {
        assert!(whole.contains(&words(expected)), "{expected} in {text}");
    }
}

#[test]
fn no_line_begins_with_a_mark_that_closes_or_ends_with_one_that_opens() {
    let pack = String::from_utf8(NATIONAL.to_vec()).unwrap();
    let mut lines = 0;
    for size in ["8", "8.75", "9.5", "10.25"] {
        let template =
            Template::parse(pack.replace("size = 10.5", &format!("size = {size}")).as_bytes()).unwrap();
        let letter = Letter::fill(&template, contents(1), 1).unwrap();
        let text = text(&pdf::write(&letter, &fonts()).unwrap(), &["-layout"]);
        for line in text.lines().map(str::trim).filter(|line| !line.is_empty()) {
            lines += 1;
            assert!(!line.starts_with(['，', '。', '、', '；', '：', '）', '》']), "{line}");
            assert!(!line.ends_with(['（', '《']), "{line}");
        }
    }
    assert!(lines > 60, "{lines}");
}

#[test]
fn marks_code_and_boxes_are_where_the_layout_says_on_every_sheet() {
    let letter = letter(8);
    let pdf = pdf::write(&letter, &fonts()).unwrap();
    let boxes = pdf::boxes(&letter);
    for sheet in 1..=2u8 {
        let pixels = Pixels::of(&pdf, sheet.into());
        for corner in Corner::ALL {
            let (mark, side) = (corner.mark(), layout::MARK_SIDE / MARK_MODULES as f64);
            for (row, column) in (0..36).map(|at| (at / 6, at % 6)) {
                let (x, y) = (mark.x + (column as f64 + 0.5) * side, mark.y + (row as f64 + 0.5) * side);
                assert_eq!(pixels.is_black(x, y), corner.is_black(column, row), "{corner:?} {column} {row}");
            }
        }
        let expected = Payload {
            case: letter.contents.case,
            version: letter.version.clone(),
            hash: *letter.hash.first_chunk().unwrap(),
            sheet,
            grantors: 8,
        };
        let module = layout::QR.w / QR_MODULES as f64;
        for (at, black) in expected.modules().unwrap().into_iter().enumerate() {
            let (x, y) = (at % QR_MODULES, at / QR_MODULES);
            let middle = |from: f64, at: usize| from + (at as f64 + 0.5) * module;
            assert_eq!(pixels.is_black(middle(layout::QR.x, x), middle(layout::QR.y, y)), black, "{x} {y}");
        }
        for one in boxes.boxes.iter().filter(|one| one.sheet == u32::from(sheet)) {
            let inside = one.rect.grown(-0.5);
            assert!(!pixels.has_ink(&inside), "an empty box is empty: {one:?}");
            let edge = Rect { x: one.rect.x - 0.3, w: 0.6, ..one.rect };
            assert!(pixels.has_ink(&edge), "the box has an edge: {one:?}");
        }
        let prints =
            boxes.boxes.iter().filter(|one| one.sheet == u32::from(sheet) && one.kind == BoxKind::Print);
        assert_eq!(prints.count(), if sheet == 1 { 6 } else { 2 });
    }
}

#[test]
fn a_character_that_no_font_has_is_named_and_nothing_is_printed() {
    let failed = pdf::write(&letter(3), &fonts_named("NotoSansSC")).unwrap_err();
    assert_eq!(failed, LetterError::NoGlyph(vec!['𠮷']));
    let told = failed.message(Lang::Zh);
    assert!(told.contains("𠮷") && told.contains("U+20BB7") && told.contains("--fonts"), "{told}");
    assert_eq!(pdf::write(&letter(1), &FontSet::new()), Err(LetterError::NoFont));
    let mut tibetan = contents(1);
    tibetan.grantors[0].name = "བཀྲ་ཤིས".into();
    let letter = Letter::fill(&template(), tibetan, 1).unwrap();
    assert_eq!(pdf::write(&letter, &fonts()).unwrap_err().code(), "letter_no_glyph");
    assert!(!FontSet::new().add(b"no font".to_vec()));
}

#[test]
fn what_does_not_fit_the_sheet_is_told_and_long_names_do_fit() {
    let mut long = contents(2);
    long.grantors[1] = Grantor { name: "买买提".repeat(20), ..long.grantors[1].clone() };
    pdf::write(&Letter::fill(&template(), long, 1).unwrap(), &fonts()).unwrap();
    let pack = String::from_utf8(NATIONAL.to_vec()).unwrap();
    let endless = pack.replace("三、", &"三、很长很长的一段话。".repeat(200));
    let letter = Letter::fill(&Template::parse(endless.as_bytes()).unwrap(), contents(1), 1).unwrap();
    let failed = pdf::write(&letter, &fonts()).unwrap_err();
    assert!(matches!(failed, LetterError::TooLong { place: "text", lines } if lines > 10), "{failed:?}");
}

#[test]
fn a_letter_has_people_a_scope_and_days_that_follow_each_other() {
    let fill = |change: &dyn Fn(&mut Contents)| {
        let mut contents = contents(1);
        change(&mut contents);
        Letter::fill(&template(), contents, 1).map(drop).map_err(|error| error.code())
    };
    assert_eq!(fill(&|_| ()), Ok(()));
    assert_eq!(fill(&|c| c.grantors.clear()), Err("letter_no_grantors"));
    assert_eq!(fill(&|c| c.grantors = vec![grantor(0); 61]), Err("letter_too_many_grantors"));
    assert_eq!(fill(&|c| c.scope.clear()), Err("letter_no_scope"));
    assert_eq!(fill(&|c| c.scope.push("gold".into())), Err("letter_no_words"));
    assert_eq!(fill(&|c| c.to = c.from.plus(-1).unwrap()), Err("letter_days"));
}

#[test]
fn a_signature_drawn_on_the_screen_stands_in_its_box_on_the_signed_copy() {
    let points = (0..40).map(|at| format!("[{},{},{}]", 20 + at * 6, 60 + (at % 7) * 5, at * 20));
    let strokes = points.collect::<Vec<_>>().join(",");
    let json = format!(r#"{{"signature":1,"width":300,"height":120,"strokes":[[{strokes}]]}}"#);
    let signature = Signature::from_json(json.as_bytes()).unwrap();
    let letter = letter(8);
    let signed = pdf::write_signed(&letter, &fonts(), &[(1, signature.clone()), (6, signature)]).unwrap();
    let boxes = pdf::boxes(&letter);
    for one in boxes.boxes.iter().filter(|one| one.kind == BoxKind::Signature) {
        let has_ink = Pixels::of(&signed, one.sheet as usize).has_ink(&one.rect.grown(-0.5));
        let signs = [2, 7].map(|number| one.grantor == Number(number));
        assert_eq!(has_ink, signs.contains(&true), "{one:?}");
    }
}
