//! Copies of kept photos: the document cut out and straight, a band with time, place and ids below; what is kept
//! is not touched.

#![allow(clippy::unwrap_used, clippy::expect_used, clippy::panic)]

use std::path::PathBuf;

use ruhu_device::{CopyWishes, EvidenceView, Explain, FontSet, Lang, fonts_in};
use ruhu_harness::pictures::{photographed, picture};
use ruhu_harness::world::{Phone, World};
use ruhu_pictures::tables::{Fault, document_photo};
use ruhu_vision::picture::{Picture, decode};

const STRAIGHT: CopyWishes = CopyWishes { straightened: true, stamped: None };
const STAMPED: CopyWishes = CopyWishes { straightened: false, stamped: Some(Lang::Zh) };

/// The fonts that `cargo xtask fonts` fetched.
fn fonts() -> FontSet {
    let folder = std::env::var_os("RUHU_FONTS").map(PathBuf::from).or_else(|| {
        let own = std::env::current_exe().unwrap();
        own.ancestors().map(|folder| folder.join("fonts")).find(|folder| folder.is_dir())
    });
    fonts_in(&folder.expect("no fonts: run `cargo xtask fonts` first")).unwrap()
}

struct Album {
    world: World,
    phone: Phone,
    case: String,
}

impl Album {
    fn begin(seed: u64) -> Album {
        let mut world = World::new(seed);
        let phone = world.caseworker("周明远");
        let case = phone.new_case("张三");
        Album { world, phone, case }
    }

    fn attach(&self, jpeg: &[u8], kind: &str) -> EvidenceView {
        let file = self.world.folder().join("photo.jpg");
        std::fs::write(&file, jpeg).unwrap();
        self.phone.device().attach(&self.case, &file, kind).unwrap()
    }

    fn copy(&self, id: &str, wishes: CopyWishes) -> Picture {
        decode(&self.phone.device().file_copy(id, wishes, &fonts()).unwrap()).unwrap()
    }
}

#[test]
fn a_document_is_cut_out_on_demand_and_the_photo_stays_as_it_was() {
    let album = Album::begin(131);
    let kept = album.attach(&document_photo(71_002, Fault::None), "papers");
    let before = album.phone.device().file(&kept.sha256).unwrap();
    let straight = album.copy(&kept.id, STRAIGHT);
    let whole = decode(&before).unwrap();
    let (area, all) = (straight.width() * straight.height(), whole.width() * whole.height());
    assert!(area < all && area * 5 > all, "{area} of {all} pixels");
    assert_eq!(album.phone.device().file(&kept.sha256).unwrap(), before);
    assert_eq!(album.phone.device().case_show(&album.case).unwrap().household.evidence.len(), 1);
    let by_sum = album.phone.device().file_copy(&kept.sha256, STRAIGHT, &FontSet::new()).unwrap();
    assert_eq!(decode(&by_sum).unwrap(), straight);
    // Both at once: the band below the document.
    let both = album.copy(&kept.id, CopyWishes { straightened: true, ..STAMPED });
    assert_eq!(both.width(), straight.width());
    assert!(both.height() > straight.height());
    let wall = Picture::new(900, 600, vec![150; 900 * 600 * 3]).unwrap().to_jpeg(82).unwrap();
    let wall = album.attach(&wall, "house_in");
    let refused = album.phone.device().file_copy(&wall.id, STRAIGHT, &fonts()).map(drop).unwrap_err();
    assert_eq!(refused.code(), "document_not_found");
}

#[test]
fn time_place_and_ids_stand_in_a_band_below_the_whole_photo() {
    let album = Album::begin(132);
    let kept = album.attach(&photographed(&picture(5, 400_000)), "house_out");
    let whole = decode(&album.phone.device().file(&kept.sha256).unwrap()).unwrap();
    let stamped = album.copy(&kept.id, STAMPED);
    assert_eq!(stamped.width(), whole.width());
    let band = stamped.height() - whole.height();
    assert!((whole.height() / 40..whole.height() / 3).contains(&band), "{band} of {} rows", whole.height());
    let light = |rows: std::ops::Range<usize>, least: u8| {
        let pixels = rows.flat_map(|y| (0..stamped.width()).map(move |x| (x, y)));
        pixels.filter(|(x, y)| stamped.pixel(*x, *y)[1] >= least).count()
    };
    let below = whole.height() + 8..stamped.height();
    let (words, all) = (light(below.clone(), 160), light(below, 0));
    assert!(words * 40 > all && words * 3 < all, "{words} of {all} pixels are written on");
    // The photo lies above it as it is.
    let same = (0..whole.height() - 8).step_by(7).all(|y| {
        let x = y % whole.width();
        whole.pixel(x, y)[1].abs_diff(stamped.pixel(x, y)[1]) < 60
    });
    assert!(same, "no pixel of the photo is covered");
    // What it says follows the entry: another language, no place.
    let english = album.copy(&kept.id, CopyWishes { stamped: Some(Lang::En), ..STAMPED });
    assert!(english != stamped);
    let bare = album.phone.device().file_copy(&kept.id, STAMPED, &FontSet::new()).unwrap_err();
    assert_eq!(bare.code(), "letter_no_font");
    // A narrow picture too: the words become smaller.
    let narrow = album.attach(&picture(9, 1_500), "yard");
    let small = album.copy(&narrow.id, STAMPED);
    assert_eq!(small.width() as u32, narrow.width);
}

#[test]
fn a_signature_has_no_copy() {
    let album = Album::begin(133);
    let points: Vec<String> =
        (0..40).map(|at| format!("[{},{},{}]", 20 + at * 6, 60 + at % 7 * 5, at * 20)).collect();
    let strokes = format!(r#"{{"signature":1,"width":300,"height":120,"strokes":[[{}]]}}"#, points.join(","));
    let kept = album.attach(strokes.as_bytes(), "signature");
    let refused = album.phone.device().file_copy(&kept.id, STAMPED, &fonts()).unwrap_err();
    assert_eq!(refused.code(), "picture_unknown");
    assert_eq!(album.phone.device().file_copy("none", STAMPED, &fonts()).unwrap_err().code(), "not_found");
}
