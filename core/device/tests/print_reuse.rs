//! One print on two letters: told with both places when the second is attached, and among all that a phone holds.

#![allow(clippy::unwrap_used, clippy::expect_used, clippy::panic)]

use std::fs;
use std::path::{Path, PathBuf};

use ruhu_device::{EvidenceView, HeldReuse, PrintReuse, Value};
use ruhu_harness::county::compiled;
use ruhu_harness::world::{KEY, OTHER_VILLAGE, Phone, World};
use ruhu_pictures::impression::Manner;
use ruhu_pictures::ink::Mark;
use ruhu_pictures::letters::Hand;
use ruhu_pictures::noise::Chance;
use ruhu_pictures::pressed::{code, photo};
use ruhu_store::{IMPRESSIONS_FILE, Store, StoreKey};

/// Impressions of one finger, pressed so often.
fn pressings<const N: usize>(seed: u64) -> [Mark; N] {
    let chance = &mut Chance::of(seed);
    let finger = Hand::First.finger(seed);
    std::array::from_fn(|_| Hand::First.press(&finger, Manner::Good, chance))
}

/// A folder of photos.
struct Album(tempfile::TempDir);

impl Album {
    fn new() -> Album {
        Album(tempfile::tempdir().unwrap())
    }

    /// A photo of a household's letter with these impressions in the boxes of these numbers.
    fn letter(&self, case: &str, version: &str, marks: &[(usize, &Mark)], seed: u64) -> PathBuf {
        let file = self.0.path().join(format!("{seed}.jpg"));
        fs::write(&file, photo(&code(case, version, 2), marks, seed)).unwrap();
        file
    }
}

fn attach(phone: &Phone, case: &str, photo: &Path) -> (EvidenceView, PrintReuse) {
    let view = phone.device().attach(case, photo, "letter").unwrap();
    let reuse = view.reuse.clone().expect("the prints of a letter are compared");
    (view, reuse)
}

fn held(phone: &Phone) -> HeldReuse {
    assert_eq!(phone.device().letter_look(u32::MAX).unwrap().left, 0);
    phone.device().letter_reuse_held(&mut |_, _| true).unwrap()
}

fn left_out(reasons: &[ruhu_device::NotCompared]) -> Vec<(&str, u32)> {
    reasons.iter().map(|one| (one.reason.as_str(), one.photos)).collect()
}

/// What is done to the file of the store of prints.
type Harm<'a> = &'a dyn Fn(&Path);

#[test]
fn a_print_copied_onto_another_households_letter_is_told_with_both_places() {
    let mut world = World::new(71);
    let phone = world.caseworker("王经办");
    let album = Album::new();
    let (chen, li) = (phone.new_case("陈大河"), phone.new_case_in("李四", OTHER_VILLAGE));
    let [first, again] = pressings::<2>(711);

    let (chens, reuse) = attach(&phone, &chen, &album.letter(&chen, "2026-11", &[(1, &first)], 7111));
    assert_eq!((reuse.prints, reuse.compared, reuse.reused.len()), (1, 0, 0), "{reuse:?}");
    // The same finger, pressed again for another letter, is no copy.
    let (_, reuse) = attach(&phone, &li, &album.letter(&li, "2026-11", &[(1, &again)], 7112));
    assert_eq!((reuse.prints, reuse.compared, reuse.reused.len()), (1, 1, 0), "{reuse:?}");
    // Turned and a little larger, in another box of another household's letter.
    let copy = first.turned(0.6, 1.07);
    let photo = album.letter(&li, "2026-11/2", &[(2, &copy)], 7113);
    let before = phone.device().letter_reuse(&li, &photo).unwrap();
    let (lis, reuse) = attach(&phone, &li, &photo);
    assert_eq!(before, reuse, "looking before is the same");
    let [told] = reuse.reused.as_slice() else { panic!("{reuse:?}") };
    assert_eq!((told.grantor.as_deref(), told.same_household), (Some("2"), false));
    assert!(told.score > 0.5, "{told:?}");
    assert_eq!((&told.earlier.case, &told.earlier.evidence), (&chen, &chens.id));
    assert_eq!(told.earlier.version.as_deref(), Some("2026-11"));
    assert_eq!(told.earlier.grantor.as_deref(), Some("1"));
    for part in ["李四", "第 2 栏", "陈大河 柳树胡同3号", "2026-11", "第 1 栏", "见证人"] {
        assert!(told.warning.zh.contains(part), "{part} is not in {}", told.warning.zh);
    }
    assert!(told.warning.en.contains("witness"), "{}", told.warning.en);

    // What is kept beside the photo names nobody to whom the other household is not shown.
    let household = phone.device().case_show(&li).unwrap().household;
    let kept = household.evidence.iter().find(|entry| entry.id == lis.id).unwrap();
    let Some(Value::Text(fact)) = kept.fields.get("print_reuse") else { panic!("{kept:?}") };
    assert!(!fact.contains(&chen) && !fact.contains(&chens.id) && !fact.contains("陈大河"), "{fact}");
    let fact: serde_json::Value = serde_json::from_str(fact).unwrap();
    assert_eq!((&fact["compared"], &fact["same"][0]["grantor"]), (&2.into(), &"2".into()));

    let all = held(&phone);
    assert_eq!((all.photos, all.prints, all.not_shown), (3, 3, 0), "{all:?}");
    let [pair] = all.pairs.as_slice() else { panic!("{all:?}") };
    assert_eq!((&pair.a, &pair.b), (&chens.sha256, &lis.sha256), "the earlier one first");
    assert_eq!((&pair.a_place.case, &pair.b_place.case), (&chen, &li));
    assert!(pair.said().zh.contains("陈大河") && pair.said().zh.contains("李四"));
    assert!(all.not_compared.is_empty() && all.rebuilt.is_none());
}

#[test]
fn one_paper_photographed_twice_is_no_reuse_and_one_print_for_two_persons_is() {
    let mut world = World::new(72);
    let phone = world.caseworker("王经办");
    let album = Album::new();
    let case = phone.new_case("陈大河");
    let [one, other] = pressings::<2>(721);
    let both: &[(usize, &Mark)] = &[(1, &one), (2, &other)];
    attach(&phone, &case, &album.letter(&case, "2026-11", both, 7211));
    let (_, reuse) = attach(&phone, &case, &album.letter(&case, "2026-11", both, 7212));
    assert_eq!((reuse.prints, reuse.reused.len()), (2, 0), "{reuse:?}");
    // In a household's next letter the print of the first stands in both boxes.
    let (_, reuse) = attach(&phone, &case, &album.letter(&case, "2026-11/2", &[(1, &one), (2, &one)], 7213));
    assert!(!reuse.reused.is_empty() && reuse.reused.iter().all(|told| told.same_household), "{reuse:?}");
    let within = |told: &&ruhu_device::ReusedPrint| told.earlier.evidence.is_empty();
    let within = reuse.reused.iter().find(within).expect("the two boxes of one photo");
    assert_ne!(within.grantor, within.earlier.grantor);
    // A house is no letter.
    let house = Path::new(env!("CARGO_MANIFEST_DIR")).join("../../packs/forms/house_out.jpg");
    assert_eq!(phone.device().attach(&case, &house, "house_out").unwrap().reuse, None);
    let (_, reuse) = attach(&phone, &case, &album.letter(&case, "2026-11/3", &[], 7214));
    assert_eq!((reuse.prints, reuse.reused.len()), (0, 0));
    assert_eq!(left_out(&held(&phone).not_compared), [("no_print", 1)]);
}

#[test]
fn a_lost_damaged_or_foreign_store_of_prints_is_made_again_and_says_so() {
    let mut world = World::new(74);
    let mut phone = world.caseworker("王经办");
    let album = Album::new();
    let (chen, li) = (phone.new_case("陈大河"), phone.new_case("李四"));
    let [print] = pressings::<1>(741);
    attach(&phone, &chen, &album.letter(&chen, "2026-11", &[(1, &print)], 7411));
    attach(&phone, &li, &album.letter(&li, "2026-11", &[(1, &print)], 7412));
    assert_eq!(held(&phone).pairs.len(), 1);
    assert_eq!(phone.device().check().unwrap(), Vec::<String>::new());

    let harm = |phone: &mut Phone, act: Harm<'_>| {
        let folder = phone.switch_off();
        for part in ["-wal", "-shm"] {
            let _ = fs::remove_file(folder.join(format!("{IMPRESSIONS_FILE}{part}")));
        }
        act(&folder.join(IMPRESSIONS_FILE));
        phone.kill_and_reopen();
    };
    let damage = |file: &Path| {
        let mut bytes = fs::read(file).unwrap();
        let middle = bytes.len() / 2;
        bytes[middle..middle + 64].fill(0x5a);
        fs::write(file, bytes).unwrap();
    };
    let foreign = |file: &Path| {
        let other = tempfile::tempdir().unwrap();
        let store = Store::open(other.path(), &StoreKey::from_bytes([3; 32])).unwrap();
        store.impressions(|held| held.prints()).unwrap();
        drop(store);
        fs::copy(other.path().join(IMPRESSIONS_FILE), file).unwrap();
    };
    let cut = |file: &Path| fs::write(file, b"").unwrap();
    let gone = |file: &Path| fs::remove_file(file).unwrap();
    let harms: [(Harm<'_>, &str); 4] =
        [(&gone, "missing"), (&damage, "unreadable"), (&foreign, "unreadable"), (&cut, "unreadable")];
    for (number, (act, word)) in harms.into_iter().enumerate() {
        harm(&mut phone, act);
        let findings = phone.device().check().unwrap();
        assert!(findings.len() == 1 && findings[0].contains(word), "{number}: {findings:?}");
        let all = held(&phone);
        assert_eq!((all.pairs.len(), all.rebuilt.as_deref()), (1, Some(word)), "harm {number}");
        // Nothing else was touched, and it is told once.
        assert_eq!(phone.device().check().unwrap(), Vec::<String>::new(), "harm {number}");
        assert_eq!((held(&phone).pairs.len(), held(&phone).rebuilt), (1, None));
    }
    // Without its key nobody reads it, and all the rest lives.
    let store = Store::open(phone.switch_off(), &StoreKey::from_bytes(KEY)).unwrap();
    store.write::<_, ruhu_store::StoreError>(|tx| tx.set_meta("impressions/key", &[])).unwrap();
    drop(store);
    phone.kill_and_reopen();
    assert_eq!(phone.device().letter_reuse_held(&mut |_, _| true).unwrap().prints, 0);
    assert_eq!(phone.device().case_show(&chen).unwrap().household.evidence.len(), 1);
    assert_eq!(held(&phone).pairs.len(), 1);
}

/// What the letter asks of the form `check_authorization`, without its pictures.
const SURVEY: &str = "\
select_multiple scope,scope,范围,,,yes
begin_repeat,grantor,授权人,,,
select_one role,grantor_role,身份,,,yes
text,grantor_name,姓名,,,yes
end_repeat,,,,,
";
const CHOICES: &str = ",scope,bank,银行\n,scope,tax,纳税\n,role,member,成员\n";

#[test]
fn whoever_takes_back_what_they_authorised_is_not_compared_any_more() {
    let mut world = World::new(75);
    let phone = world.caseworker("王经办");
    let device = phone.device();
    device.form_install(&compiled("check_authorization", "1", SURVEY, CHOICES)).unwrap();
    let album = Album::new();
    let (chen, li) = (phone.new_case("陈大河"), phone.new_case("李四"));
    let authorise = || {
        let visit = device.visit_start(&chen, "check_authorization").unwrap().id;
        device.visit_answer(&visit, "scope", "bank tax").unwrap();
        device.visit_answer(&visit, "/data/grantor[1]/grantor_role", "member").unwrap();
        device.visit_answer(&visit, "/data/grantor[1]/grantor_name", "陈大河").unwrap();
        device.visit_save(&visit).unwrap();
    };
    authorise();
    let [print] = pressings::<1>(751);
    attach(&phone, &chen, &album.letter(&chen, "2026-11", &[(1, &print)], 7511));
    attach(&phone, &li, &album.letter(&li, "2026-11", &[(1, &print)], 7512));
    assert_eq!(held(&phone).pairs.len(), 1);
    device.letter_withdraw(&chen, "陈大河", "本人要求").unwrap();
    let all = held(&phone);
    assert_eq!((all.prints, all.pairs.len()), (1, 0), "{all:?}");
    assert_eq!(left_out(&all.not_compared), [("withdrawn", 1)]);
}
