//! What a picture of a letter shows: whose letter it is, and for each grantor whether there is a print.

use std::collections::BTreeSet;

use ruhu_sheet::boxes_file::{BoxKind, Boxes, Grantor};
use ruhu_sheet::layout;
use ruhu_sheet::page::{PAGE_HEIGHT, PAGE_WIDTH, Rect};
use ruhu_sheet::payload::{Payload, PayloadError};
use ruhu_text::Bilingual;

use super::fitness::{self, Fault, Fitness};
use super::prints::AREAS;
pub use super::sheet::Sheet;
use super::sheet::{self, Located};
use super::verdict::{self, Verdict};
use crate::blobs::{self, Blob};
use crate::geometry::{Homography, Point};
use crate::ink::{Colour, Densities};
use crate::picture::Picture;
use crate::print::{Inked, Print};
use crate::straight::Straight;

/// The version of the rules: another one with every change of what is said of a picture.
pub const VERSION: u32 = 7;
/// Points a millimetre at which ink is looked for.
const PER_MM: f64 = 5.0;
/// How far from its box a print is looked for, in millimetres.
const REACH: f64 = 30.0;
/// Coloured ink that is spread over more, in square millimetres, and nowhere dark is no pen's.
const PALE_AREA: f64 = 40.0;
/// Strokes of less colour, between the channels that take most and least, are noise of a dim picture.
const LEAST_STROKES: f32 = 0.035;
/// Among words ink without colour is a finger's where ridges are seen over more than this share.
const DARK_RIDGES: f32 = 0.35;
/// Why a box without a piece of ink is said to hold a stamp.
const STROKES: &str = "strokes";
/// The least share of a print that lies in its box.
const LEAST_INSIDE: f64 = 0.72;

/// What a picture shows.
#[derive(Debug, Clone, PartialEq)]
pub struct Report {
    /// How the sheet was found; none when it was not.
    pub sheet: Option<Sheet>,
    /// What the QR code holds.
    pub payload: Option<Payload>,
    /// Why there is no payload, when a code was there.
    pub code: Option<PayloadError>,
    /// What hinders judging the picture; one is enough to take it again.
    pub faults: Vec<Fault>,
    /// Each grantor of the sheet.
    pub grantors: Vec<GrantorReport>,
}

/// What a grantor's boxes show.
#[derive(Debug, Clone, PartialEq)]
pub struct GrantorReport {
    /// Who.
    pub grantor: Grantor,
    /// The verdict on the print.
    pub verdict: Verdict,
    /// Why, as words for programs.
    pub reasons: Vec<&'static str>,
    /// The ink's colour, where there is any.
    pub ink: Option<Colour>,
    /// The share of the ink that lies in the box, where there is any: 0 to 1.
    pub inside: Option<f64>,
    /// Whether ridges can be read over most of the print.
    pub ridges_readable: bool,
    /// Whether something is written in the signature's box; none when the letter has no such box.
    pub signature: Option<bool>,
    /// The figures of the ink in the box, be it a print's or only writing's.
    pub print: Option<Print>,
    /// Millimetres that the sharpest edges around the box need from dark to bright.
    pub edge: Option<f32>,
}

impl GrantorReport {
    /// Of a grantor nothing was looked at yet.
    fn of(grantor: &Grantor) -> GrantorReport {
        GrantorReport {
            grantor: grantor.clone(),
            verdict: Verdict::Missing,
            reasons: vec![],
            ink: None,
            inside: None,
            ridges_readable: false,
            signature: None,
            print: None,
            edge: None,
        }
    }

    /// Where the boxes lie is not known.
    fn of_a_lost_box(grantor: &Grantor) -> GrantorReport {
        let mut report = GrantorReport::of(grantor);
        report.untold();
        report
    }

    /// Nothing can be said, for the picture hinders it.
    fn untold(&mut self) {
        self.verdict = Verdict::Unsure;
        self.reasons = vec!["picture"];
    }

    /// What is said of a print, of which this share lies in the box.
    fn say(&mut self, verdict: Verdict, inside: f64, print: Print) {
        self.verdict = verdict;
        self.reasons = verdict::reasons(verdict, &print);
        self.ink = Some(print.colour);
        self.inside = Some(inside);
        self.ridges_readable = verdict::is_readable(&print);
        self.print = Some(print);
    }

    /// Whether the ink lies in its box; none where there is no ink.
    pub fn is_inside(&self) -> Option<bool> {
        self.inside.map(|share| share >= LEAST_INSIDE)
    }
}

impl Report {
    /// Whether the picture has to be taken again.
    pub fn retake(&self) -> bool {
        !self.faults.is_empty()
    }

    /// What to do about it.
    pub fn advice(&self) -> Vec<Bilingual> {
        self.faults.iter().map(|fault| fault.advice()).collect()
    }
}

/// Checks a picture. `boxes` says where the boxes are on a letter that is not ours, or on one of ours
/// that was printed with other boxes; without them the layout's boxes are taken.
pub fn check(picture: &Picture, boxes: Option<&Boxes>) -> Report {
    let Located { view, code } = sheet::locate(picture);
    let (payload, error) = match code {
        Ok(payload) => (Some(payload), None),
        Err(error) => (None, Some(error)),
    };
    let known = payload.as_ref().map(|payload| layout::boxes(payload.grantors.into()));
    let number = payload.as_ref().map_or(1, |payload| u32::from(payload.sheet));
    let mut report = Report {
        sheet: None,
        payload,
        code: error.filter(|e| *e != PayloadError::Foreign),
        faults: vec![],
        grantors: vec![],
    };
    let Some(boxes) = boxes.or(known.as_ref()) else {
        report.faults.push(Fault::NoLetter);
        return report;
    };
    let Some((view, found_by)) = view else {
        // A code of ours stands on a letter, of which too little is in the picture.
        let fault = if report.payload.is_some() { Fault::CutOff } else { Fault::NoLetter };
        report.faults.push(fault);
        report.grantors = boxes.grantors(number).into_iter().map(GrantorReport::of_a_lost_box).collect();
        return report;
    };
    report.sheet = Some(found_by);
    let mut faults = BTreeSet::new();
    let cut_off = sheet::is_cut_off(picture, &view, found_by, boxes, number);
    if cut_off {
        faults.insert(Fault::CutOff);
    }
    report.grantors = Boxed::new(picture, view, boxes, number).grantors(&mut faults);
    if cut_off {
        // Where the boxes are hangs on what is lost.
        report.grantors.iter_mut().for_each(GrantorReport::untold);
    }
    report.faults = faults.into_iter().collect();
    report
}

/// A picture with its boxes and the ink found around them.
struct Boxed<'a> {
    picture: &'a Picture,
    view: Homography,
    boxes: &'a Boxes,
    sheet: u32,
    light: f32,
    part: Straight,
    densities: Densities,
    coloured: Vec<Blob>,
    dark: Vec<Blob>,
}

impl<'a> Boxed<'a> {
    fn new(picture: &'a Picture, view: Homography, boxes: &'a Boxes, sheet: u32) -> Boxed<'a> {
        let part = Straight::of(picture, &view, region(boxes, sheet), PER_MM);
        let densities = Densities::of(&part);
        let coloured = blobs::coloured(&part, &densities);
        let dark = blobs::dark(&part, &densities);
        let light = fitness::page_light(picture, &view);
        Boxed { picture, view, boxes, sheet, light, part, densities, coloured, dark }
    }

    fn grantors(&self, faults: &mut BTreeSet<Fault>) -> Vec<GrantorReport> {
        let grantors = self.boxes.grantors(self.sheet);
        let mut taken = Vec::new();
        let mut reports: Vec<GrantorReport> =
            grantors.into_iter().map(|grantor| self.grantor(grantor, faults, &mut taken)).collect();
        // Thin strokes in a box may be the edge of a print beside it.
        let is_bare =
            |report: &&mut GrantorReport| report.verdict == Verdict::Missing || report.reasons == [STROKES];
        for report in reports.iter_mut().filter(is_bare) {
            self.find_stray(report, &mut taken);
        }
        reports
    }

    /// A print that lies nearer to another box, which has its own, missed this one.
    fn find_stray(&self, report: &mut GrantorReport, taken: &mut Vec<Point>) {
        let Some(rect) = self.boxes.find(self.sheet, &report.grantor, BoxKind::Print) else { return };
        let near = |blob: &&Blob| distance(blob.centre, &rect) <= REACH && !taken.contains(&blob.centre);
        let mut strays: Vec<&Blob> = self.coloured.iter().filter(near).collect();
        strays.sort_by(|a, b| distance(a.centre, &rect).total_cmp(&distance(b.centre, &rect)));
        let found = strays.into_iter().find_map(|blob| {
            let inked = Inked::of(self.picture, &self.view, &blob.rect, false)?;
            let print = Print::measured(&inked, report.edge);
            let kind = verdict::of_ink(&print, report.edge);
            let finger = print.colour != Colour::Black && verdict::is_finger(kind, &print);
            finger.then_some((blob.centre, inked.inside(&rect), print))
        });
        if let Some((centre, inside, print)) = found {
            taken.push(centre);
            report.say(Verdict::Outside, inside, print);
        }
    }

    fn grantor(
        &self,
        grantor: &Grantor,
        faults: &mut BTreeSet<Fault>,
        taken: &mut Vec<Point>,
    ) -> GrantorReport {
        let rect = self.boxes.find(self.sheet, grantor, BoxKind::Print);
        let signature = self.boxes.find(self.sheet, grantor, BoxKind::Signature);
        let mut report = GrantorReport::of(grantor);
        report.signature = signature.map(|rect| self.signed(&rect));
        let Some(rect) = rect else {
            report.reasons.push("no_print_box");
            return report;
        };
        let fitness = Fitness::of(self.picture, &self.view, &rect, self.light);
        taken.extend(self.judge(&rect, &fitness, &mut report));
        report.edge = fitness.edge;
        if !fitness.faults.is_empty() {
            report.untold();
            faults.extend(fitness.faults);
        }
        report
    }

    /// The pieces of ink that belong to this box rather than to another print's, the nearest first.
    fn pieces(&self, blobs: &'a [Blob], rect: &Rect) -> Vec<&'a Blob> {
        let others: Vec<Rect> = self
            .boxes
            .boxes
            .iter()
            .filter(|one| one.sheet == self.sheet && one.kind == BoxKind::Print && one.rect != *rect)
            .map(|one| one.rect)
            .collect();
        let mut pieces: Vec<&Blob> = blobs
            .iter()
            .filter(|blob| {
                let own = distance(blob.centre, rect);
                own <= REACH && others.iter().all(|other| own <= distance(blob.centre, other))
            })
            .collect();
        pieces.sort_by(|a, b| {
            let weight = |blob: &Blob| blob.area * blob.inside(&self.part, rect);
            weight(b).total_cmp(&weight(a)).then(b.area.total_cmp(&a.area))
        });
        pieces
    }

    /// The pieces that may be this box's print, coloured ones first. Of dark ones, which may be what is
    /// printed, those that are large and lie in the box or are a finger's.
    fn candidates(&self, rect: &Rect) -> Vec<(&Blob, bool)> {
        let coloured = self.pieces(&self.coloured, rect);
        let is_there = |blob: &&Blob| blob.area > 20.0 && blob.inside(&self.part, rect) > 0.2;
        let dark = self.pieces(&self.dark, rect).into_iter().filter(|blob| blob.area > 40.0);
        let dark: Vec<(&Blob, bool)> = dark.map(|blob| (blob, true)).collect();
        let dark_first = !coloured.iter().any(is_there) && dark.iter().any(|(blob, _)| is_there(blob));
        let coloured: Vec<(&Blob, bool)> = coloured.into_iter().map(|blob| (blob, false)).collect();
        if dark_first { dark } else { [coloured, dark].concat() }
    }

    /// Judges a box; the middle of the ink that was taken for what was done there.
    fn judge(&self, rect: &Rect, fitness: &Fitness, report: &mut GrantorReport) -> Option<Point> {
        for (blob, dark) in self.candidates(rect) {
            let Some(inked) = Inked::of(self.picture, &self.view, &blob.rect, dark) else { continue };
            let inside = inked.inside(rect);
            let mut print = Print::measured(&inked, fitness.edge);
            // Each ink is judged where it was found by its own kind.
            if dark != (print.colour == Colour::Black) {
                continue;
            }
            if !dark {
                print.drawn = blobs::drawn(&self.part, &self.densities, print.ink, &self.around(blob, rect));
            }
            let kind = verdict::of_ink(&print, fitness.edge);
            // What lies elsewhere may be a stamp, a picture, the finger that holds the paper.
            let belongs = inside >= if dark { 0.2 } else { 0.05 }
                || verdict::is_finger(kind, &print) && (!dark || print.ridges > DARK_RIDGES);
            let shadow = dark && verdict::is_shadow(kind, &print, fitness.edge);
            if kind == Verdict::Missing || !belongs || shadow {
                if report.print.is_none() && inside >= LEAST_INSIDE {
                    report.print = Some(print);
                }
                continue;
            }
            let beside = inside < LEAST_INSIDE;
            // A line that crosses the box, or a stamp near it, is no finger that missed it.
            let of_no_finger = matches!(kind, Verdict::StampInstead | Verdict::DrawnDot);
            let in_the_middle = rect.contains(blob.centre.0, blob.centre.1);
            let said = match kind {
                _ if of_no_finger && (in_the_middle || !beside) => kind,
                _ if of_no_finger => continue,
                _ if beside => Verdict::Outside,
                _ => kind,
            };
            report.say(said, inside, print);
            return Some(blob.centre);
        }
        report.reasons = vec!["no_ink"];
        if let Some(strokes) = blobs::strokes(&self.part, &self.densities, &rect.grown(-1.0)) {
            self.judge_strokes(&strokes, rect, report);
        }
        None
    }

    /// Where to look for what a piece of ink draws: all around its box, for a frame may lie apart from what it
    /// frames; of a piece that has others beside it, only itself. Never less than itself: cut off, a finger
    /// would have a straight side.
    fn around(&self, blob: &Blob, rect: &Rect) -> Rect {
        let whole = rect.grown(blobs::REACH).with(&blob.rect.grown(1.0));
        let own = blob.rect.grown(2.0);
        let is_beside = |other: &&Blob| {
            other.area >= AREAS.0
                && !own.contains(other.centre.0, other.centre.1)
                && whole.overlaps(&other.rect)
        };
        if self.coloured.iter().any(|other| is_beside(&other)) { own } else { whole }
    }

    /// Thin strokes where a print should be: a stamp's outline, or somebody wrote here. Nobody writes in
    /// red, or a frame around it.
    fn judge_strokes(&self, strokes: &blobs::Strokes, rect: &Rect, report: &mut GrantorReport) {
        if strokes.chroma() < LEAST_STROKES {
            return;
        }
        // A signature beside the box is none of its frame.
        let drawn = |reach| blobs::drawn(&self.part, &self.densities, strokes.ink, &rect.grown(reach));
        let framed = || [blobs::REACH, 0.0].into_iter().any(|reach| verdict::is_framed(&drawn(reach)));
        if strokes.area > PALE_AREA && strokes.darkest < verdict::PALE {
            report.verdict = Verdict::Pale;
            report.reasons = vec!["little_ink"];
            report.ink = Some(strokes.colour);
            report.inside = Some(1.0);
            return;
        }
        let stamp = strokes.area > 14.0 && (strokes.colour == Colour::Red || framed());
        report.reasons = vec![if stamp { STROKES } else { "writing" }];
        if stamp {
            report.verdict = Verdict::StampInstead;
            report.ink = Some(strokes.colour);
            report.inside = Some(1.0);
        }
    }

    /// Whether something is written in a signature's box: strokes of some length, darker than a hint
    /// that is printed there.
    fn signed(&self, rect: &Rect) -> bool {
        let (left, top, right, bottom) = self.part.points(&rect.grown(-1.2));
        let mut inked = 0usize;
        for y in top..bottom {
            for x in left..right {
                let density = self.densities.at(y * self.part.width() + x);
                inked += usize::from(density.iter().fold(0.0f32, |most, d| most.max(*d)) > 0.35);
            }
        }
        inked as f64 / (PER_MM * PER_MM) > 8.0
    }
}

/// All boxes of a sheet with what is around them.
fn region(boxes: &Boxes, sheet: u32) -> Rect {
    let rects = || boxes.boxes.iter().filter(|one| one.sheet == sheet).map(|one| one.rect);
    let left = rects().map(|r| r.x).fold(PAGE_WIDTH, f64::min) - REACH;
    let top = rects().map(|r| r.y).fold(PAGE_HEIGHT, f64::min) - REACH;
    let right = rects().map(|r| r.x + r.w).fold(0.0, f64::max) + REACH;
    let bottom = rects().map(|r| r.y + r.h).fold(0.0, f64::max) + REACH;
    let (left, top) = (left.clamp(0.0, PAGE_WIDTH - 10.0), top.clamp(0.0, PAGE_HEIGHT - 10.0));
    let (right, bottom) = (right.min(PAGE_WIDTH).max(left + 10.0), bottom.min(PAGE_HEIGHT).max(top + 10.0));
    Rect { x: left, y: top, w: right - left, h: bottom - top }
}

/// How far a piece's middle is from a box; less than nothing within it.
fn distance(centre: (f64, f64), rect: &Rect) -> f64 {
    let dx = (rect.x - centre.0).max(centre.0 - rect.x - rect.w);
    let dy = (rect.y - centre.1).max(centre.1 - rect.y - rect.h);
    if dx > 0.0 && dy > 0.0 { dx.hypot(dy) } else { dx.max(dy) }
}
