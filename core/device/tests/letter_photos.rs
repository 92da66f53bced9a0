//! A letter from the printer to the evidence: printed, pressed, signed, photographed, attached. The paper is
//! what Poppler makes of the PDF; fingers and camera are those of drawn pictures.

#![allow(clippy::unwrap_used, clippy::expect_used, clippy::panic)]

use std::path::{Path, PathBuf};
use std::process::Command;

use ruhu_device::{
    DrawnSignature, Explain, FontSet, LetterPhoto, LetterWishes, NATIONAL_LETTER, PrintVerdict,
    PrintedLetter, Standing, Value, fonts_in,
};
use ruhu_harness::county::compiled;
use ruhu_harness::world::{Phone, World};
use ruhu_pictures::camera::{Shot, photograph};
use ruhu_pictures::letters::{Done, Fingers, Truth, fill};
use ruhu_pictures::noise::Chance;
use ruhu_pictures::sheet::Sheet;
use ruhu_sheet::boxes_file::{BoxKind, Boxes};
use ruhu_sheet::payload::Payload;

/// What the letter asks of the form `check_authorization`, without its pictures.
const SURVEY: &str = "\
select_multiple scope,scope,范围,,,yes
begin_repeat,grantor,授权人,,,
select_one role,grantor_role,身份,,,yes
text,grantor_name,姓名,,,yes
end_repeat,,,,,
";
const CHOICES: &str = ",scope,bank,银行\n,scope,tax,纳税\n,role,member,成员\n";
const NAMES: [&str; 8] = ["陈大河", "吴桂香", "陈小江", "林秋月", "陈小海", "周玉兰", "陈小湖", "郑春燕"];

fn fonts() -> FontSet {
    let folder = std::env::var_os("RUHU_FONTS").map(PathBuf::from).or_else(|| {
        let own = std::env::current_exe().unwrap();
        own.ancestors().map(|folder| folder.join("fonts")).find(|folder| folder.is_dir())
    });
    fonts_in(&folder.expect("no fonts: run `cargo xtask fonts` first")).unwrap()
}

struct Home {
    _world: World,
    phone: Phone,
    case: String,
    folder: tempfile::TempDir,
}

impl Home {
    /// A household of which so many authorise.
    fn of(seed: u64, grantors: usize) -> Home {
        let mut world = World::new(seed);
        let phone = world.caseworker("王经办");
        phone.device().form_install(&compiled("check_authorization", "1", SURVEY, CHOICES)).unwrap();
        let case = phone.new_case(NAMES[0]);
        let home = Home { _world: world, phone, case, folder: tempfile::tempdir().unwrap() };
        let device = home.phone.device();
        let visit = device.visit_start(&home.case, "check_authorization").unwrap().id;
        device.visit_answer(&visit, "scope", "bank tax").unwrap();
        for (at, name) in NAMES[..grantors].iter().enumerate() {
            if at > 0 {
                device.visit_add_repeat(&visit, "/data/grantor").unwrap();
            }
            let of = format!("/data/grantor[{}]", at + 1);
            device.visit_answer(&visit, &format!("{of}/grantor_role"), "member").unwrap();
            device.visit_answer(&visit, &format!("{of}/grantor_name"), name).unwrap();
        }
        device.visit_save(&visit).unwrap();
        home
    }

    fn print(&self, wishes: &LetterWishes) -> PrintedLetter {
        self.phone.device().letter_print(&self.case, NATIONAL_LETTER, wishes, &fonts()).unwrap()
    }

    /// Presses, signs and photographs a sheet of a letter. Gives the photo's file and what was done.
    fn photograph(
        &self,
        letter: &PrintedLetter,
        sheet: u32,
        done: &[Done],
        seed: u64,
    ) -> (PathBuf, Vec<Truth>) {
        let chance = &mut Chance::of(seed);
        let mut paper = Sheet::with_print(&pixels(&letter.pdf, sheet), chance);
        let boxes = Boxes::from_json(letter.boxes.as_bytes()).unwrap();
        let truths = fill(&mut paper, &boxes, sheet, done, &Fingers::of(seed, 4), chance);
        let shot = Shot::fair(chance);
        let file = self.folder.path().join(format!("{seed}-{sheet}.jpg"));
        std::fs::write(&file, photograph(&paper, &shot, chance).jpeg).unwrap();
        (file, truths)
    }

    fn attach(&self, photo: &Path) -> (String, LetterPhoto) {
        let evidence = self.phone.device().attach(&self.case, photo, "letter").unwrap();
        (evidence.id, evidence.letter.expect("a photo of a letter is checked"))
    }

    fn standing(&self, photo: &Path) -> (String, String) {
        let shown = self.phone.device().letter_photo(&self.case, photo).unwrap();
        (shown.standing, shown.advice.into_iter().map(|advice| advice.zh).collect())
    }
}

/// A sheet of a PDF as the printer puts it on paper: red, green, blue, 12 points a millimetre.
fn pixels(pdf: &[u8], sheet: u32) -> Vec<u8> {
    let folder = tempfile::tempdir().unwrap();
    let (file, root) = (folder.path().join("letter.pdf"), folder.path().join("sheet"));
    std::fs::write(&file, pdf).unwrap();
    let number = sheet.to_string();
    let size = ["-scale-to-x", "2520", "-scale-to-y", "3564"];
    let arguments = ["-singlefile", "-f", &number, "-l", &number];
    let status = Command::new("pdftoppm").args(size).args(arguments).arg(&file).arg(&root).status();
    assert!(status.unwrap_or_else(|error| panic!("pdftoppm of poppler-utils: {error}")).success());
    let ppm = std::fs::read(root.with_extension("ppm")).unwrap();
    let pixels = 2520 * 3564 * 3;
    ppm[ppm.len() - pixels..].to_vec()
}

fn verdict(done: Done) -> PrintVerdict {
    match done {
        Done::Ok => PrintVerdict::Ok,
        Done::Missing => PrintVerdict::Missing,
        Done::Outside => PrintVerdict::Outside,
        Done::StampInstead => PrintVerdict::StampInstead,
        _ => panic!("{done:?} is not done here"),
    }
}

#[test]
fn every_box_of_a_printed_letter_is_read_back_and_kept_beside_its_photo() {
    let home = Home::of(31, 8);
    let letter = home.print(&LetterWishes::default());
    assert_eq!((letter.sheets, letter.grantors.len()), (2, 8));
    let sheets: [(u32, u64, &[Done]); 2] = [
        (1, 311, &[Done::Ok, Done::Missing, Done::Ok, Done::StampInstead, Done::Outside, Done::Ok]),
        (2, 313, &[Done::Ok, Done::Missing]),
    ];
    for (sheet, seed, done) in sheets {
        let (photo, truths) = home.photograph(&letter, sheet, done, seed);
        let (id, shown) = home.attach(&photo);
        assert_eq!((shown.standing.as_str(), shown.retake), ("current", false), "{shown:?}");
        assert_eq!(
            (shown.version.as_ref(), shown.sheet, shown.sheets),
            (Some(&letter.version), Some(sheet), Some(2))
        );
        assert!(shown.advice.is_empty());
        let names: Vec<_> = shown.grantors.iter().filter_map(|one| one.name.as_deref()).collect();
        assert_eq!(names, if sheet == 1 { &letter.grantors[..6] } else { &letter.grantors[6..] });
        for (truth, one) in truths.iter().zip(&shown.grantors) {
            let (name, signed) = (&one.name, Some(truth.signed));
            assert_eq!((one.verdict, one.signed), (verdict(truth.done), signed), "{name:?} of sheet {sheet}");
        }
        // Kept as it was said, with the figures, for whoever opens the household.
        let household = home.phone.device().case_show(&home.case).unwrap().household;
        let kept = household.evidence.iter().find(|one| one.id == id).unwrap();
        assert_eq!(kept.fields.get("letter_check"), Some(&Value::Text(shown.facts.clone())));
        let facts: serde_json::Value = serde_json::from_str(&shown.facts).unwrap();
        assert_eq!((&facts["check"], &facts["standing"]), (&shown.check.into(), &"current".into()));
        assert_eq!(facts["letter"]["case"], home.case);
        assert!(facts["grantors"][0]["figures"]["ridge_area"].as_f64().unwrap() > 1.0, "{facts}");
    }
}

#[test]
fn an_outdated_letter_another_households_and_one_from_elsewhere_are_said_at_once() {
    let home = Home::of(32, 1);
    let first = home.print(&LetterWishes::default());
    let (photo, _) = home.photograph(&first, 1, &[Done::Ok], 322);
    assert_eq!(home.standing(&photo), ("current".into(), String::new()));
    let narrower = LetterWishes { scope: vec!["bank".into()], ..LetterWishes::default() };
    let second = home.print(&narrower);
    let (standing, advice) = home.standing(&photo);
    assert!(standing == "outdated" && advice.contains(&second.version), "{standing}: {advice}");
    // What was printed last counts, not what has the higher number.
    home.print(&LetterWishes::default());
    assert_eq!(home.standing(&photo).0, "current");
    home.print(&narrower);
    assert_eq!(home.standing(&photo).0, "outdated");
    let wider = LetterWishes { scope: vec!["bank".into(), "fund".into()], ..LetterWishes::default() };
    let third = home.print(&wider);
    assert!(third.new && home.standing(&photo).1.contains(&third.version));

    let device = home.phone.device();
    let other = home.phone.new_case("李四");
    let shown = device.letter_photo(&other, &photo).unwrap();
    assert_eq!(shown.standing, "other_case");
    assert!(shown.advice[0].zh.contains("别的户") && shown.grantors[0].name.is_none(), "{shown:?}");
    // It is kept all the same, with what was said.
    let (_, kept) = home.attach(&photo);
    assert_eq!(kept.standing, "outdated");

    // Of words that this phone has not heard of it says that it cannot know.
    let payload = Payload {
        case: home.case.parse().unwrap(),
        version: first.version,
        hash: [7; 8],
        sheet: 1,
        grantors: 1,
    };
    let standing = device.letter_standing(&home.case, Some(&payload)).unwrap();
    assert!(standing == Standing::Unknown && standing.advice().unwrap().zh.contains("同步"), "{standing:?}");
}

#[test]
fn a_photo_of_anything_else_goes_and_says_so_and_a_broken_one_is_refused() {
    let home = Home::of(34, 1);
    let any = Path::new(env!("CARGO_MANIFEST_DIR")).join("../../packs/forms/house_out.jpg");
    let (_, shown) = home.attach(&any);
    assert_eq!((shown.standing.as_str(), shown.retake), ("no_code", true));
    assert!(shown.grantors.is_empty() && !shown.advice.is_empty());
    let broken = home.folder.path().join("broken.jpg");
    std::fs::write(&broken, &std::fs::read(&any).unwrap()[..2000]).unwrap();
    let before = home.phone.device().case_show(&home.case).unwrap().household.evidence.len();
    let refused = home.phone.device().attach(&home.case, &broken, "letter").unwrap_err();
    assert!(refused.code().starts_with("picture_"), "{}", refused.code());
    assert_eq!(home.phone.device().case_show(&home.case).unwrap().household.evidence.len(), before);
}

#[test]
fn a_signature_drawn_on_the_screen_is_printed_into_its_box_and_read_there() {
    let home = Home::of(35, 2);
    let strokes = |wave: usize| {
        let points: Vec<String> =
            (0..60).map(|at| format!("[{},{},{}]", 20 + at * 4, 60 + (at * wave) % 41, at * 20)).collect();
        let points = points.join(",");
        format!(r#"{{"signature":1,"width":300,"height":120,"strokes":[[{points}]]}}"#).into_bytes()
    };
    let signed = |all: &[(&str, Vec<u8>)]| {
        let signed = all.iter().map(|(grantor, strokes)| DrawnSignature {
            grantor: (*grantor).to_owned(),
            strokes: strokes.clone(),
        });
        LetterWishes { signed: signed.collect(), ..LetterWishes::default() }
    };
    let plain = home.print(&LetterWishes::default());
    let copy = home.print(&signed(&[(plain.grantors[1].as_str(), strokes(7))]));
    assert_eq!((&copy.hash, copy.new), (&plain.hash, false), "a signed copy is the same letter");
    let boxes = Boxes::from_json(copy.boxes.as_bytes()).unwrap();
    let chance = &mut Chance::of(355);
    let mut paper = Sheet::with_print(&pixels(&copy.pdf, 1), chance);
    // Nobody signs with a pen: fingers only.
    let prints = Boxes::new(boxes.boxes.into_iter().filter(|one| one.kind == BoxKind::Print).collect());
    fill(&mut paper, &prints, 1, &[Done::Ok, Done::Ok], &Fingers::of(355, 2), chance);
    let shot = Shot::fair(chance);
    let photo = home.folder.path().join("signed.jpg");
    std::fs::write(&photo, photograph(&paper, &shot, chance).jpeg).unwrap();
    let (_, shown) = home.attach(&photo);
    let told: Vec<_> = shown.grantors.iter().map(|one| (one.verdict, one.signed)).collect();
    assert_eq!(told, [(PrintVerdict::Ok, Some(false)), (PrintVerdict::Ok, Some(true))]);

    let refused = |wishes: LetterWishes| {
        let printed = home.phone.device().letter_print(&home.case, NATIONAL_LETTER, &wishes, &fonts());
        printed.unwrap_err().code()
    };
    assert_eq!(refused(signed(&[("1", strokes(7)), ("2", strokes(7))])), "signature_same");
    assert_eq!(
        refused(signed(&[("1", strokes(7)), (plain.grantors[0].as_str(), strokes(5))])),
        "letter_signed_twice"
    );
    assert_eq!(refused(signed(&[("3", strokes(7))])), "letter_no_signer");
    assert_eq!(refused(signed(&[("张三", strokes(7))])), "letter_no_signer");
    assert_eq!(refused(signed(&[("1", b"{}".to_vec())])), "signature_shape");
}
