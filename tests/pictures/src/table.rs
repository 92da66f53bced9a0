//! What was done against what the check says, over many letters.

use std::collections::BTreeMap;
use std::fmt;

use ruhu_vision::letter::check::{Report, check};
use ruhu_vision::letter::verdict::Verdict;
use ruhu_vision::picture::decode;

use crate::letters::{Done, Fault, Fingers, Hand, Truth, faulty, letter};
use crate::parallel;

/// Fingers of which letters are drawn.
const POOL: usize = 40;

/// So many of so many.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Share {
    /// So many.
    pub count: u64,
    /// Of so many.
    pub of: u64,
}

impl Share {
    /// In percent; 0 of none.
    pub fn percent(&self) -> f64 {
        100.0 * self.count as f64 / self.of.max(1) as f64
    }
}

/// Counts of what was done and what was said.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct Table {
    /// By what was done and what was said.
    pub counts: BTreeMap<(Done, Verdict), u32>,
    /// Letters of ours whose QR code was not read.
    pub unread: u32,
    /// Letters that were to be taken again although nothing was wrong with the picture.
    pub retaken: u32,
    /// Letters.
    pub letters: u32,
    /// Signatures said wrongly to be there or not.
    pub signatures: u32,
    /// Inks said to be of another colour, where the print was found.
    pub inks: u32,
}

impl Table {
    /// So many letters of a hand from a seed on, on all cores: three of four of ours, the others with a
    /// file of boxes.
    pub fn of(hand: Hand, seed: u64, count: usize) -> Table {
        Table::told(hand, seed, count, |_| {})
    }

    /// The same; `tell` is told how many letters are done, now and then.
    pub fn told(hand: Hand, seed: u64, count: usize, tell: impl Fn(usize)) -> Table {
        const AT_ONCE: usize = 50;
        let fingers = Fingers::by(hand, seed, POOL);
        let mut table = Table::default();
        for from in (0..count).step_by(AT_ONCE) {
            let some = parallel::each(AT_ONCE.min(count - from), |at| {
                let at = from + at;
                let mut table = Table::default();
                table.add(seed.wrapping_mul(1_000_003) + at as u64, at % 4 != 3, &fingers);
                table
            });
            table = some.into_iter().fold(table, Table::with);
            tell((from + AT_ONCE).min(count));
        }
        table
    }

    fn add(&mut self, seed: u64, ours: bool, fingers: &Fingers) {
        let letter = letter(seed, ours, fingers);
        let picture = decode(&letter.jpeg).unwrap();
        let report = check(&picture, (!ours).then_some(&letter.boxes));
        self.count(&letter.truths, ours && report.payload != letter.payload, &report);
    }

    /// Counts a letter: what was done on it, whether its QR code should have been read and was not, and what
    /// was said. Of a picture that is to be taken again nothing was said yet: it is counted as that alone.
    pub fn count(&mut self, truths: &[Truth], unread: bool, report: &Report) {
        self.letters += 1;
        self.unread += u32::from(unread);
        if report.retake() {
            self.retaken += 1;
            return;
        }
        for truth in truths {
            let found = report.grantors.iter().find(|one| one.grantor == truth.grantor);
            let verdict = found.map_or(Verdict::Unsure, |one| one.verdict);
            *self.counts.entry((truth.done, verdict)).or_default() += 1;
            if let Some(found) = found {
                self.signatures += u32::from(found.signature != Some(truth.signed));
                let same = match (found.ink, truth.ink) {
                    (Some(said), Some(was)) => format!("{said:?}") == format!("{was:?}"),
                    _ => true,
                };
                self.inks += u32::from(!same);
            }
        }
    }

    /// Both tables as one.
    pub fn with(mut self, other: Table) -> Table {
        for (key, count) in other.counts {
            *self.counts.entry(key).or_default() += count;
        }
        self.unread += other.unread;
        self.retaken += other.retaken;
        self.letters += other.letters;
        self.signatures += other.signatures;
        self.inks += other.inks;
        self
    }

    /// Of those to which this was done, of how many it was said; of all others, of how many it was said too.
    pub fn found_and_false(&self, done: Done, verdict: Verdict) -> (Share, Share) {
        let sum = |keep: &dyn Fn(&(Done, Verdict)) -> bool| -> u32 {
            self.counts.iter().filter(|(key, _)| keep(key)).map(|(_, count)| *count).sum()
        };
        let of = |done: &dyn Fn(Done) -> bool| Share {
            count: sum(&|key| done(key.0) && key.1 == verdict).into(),
            of: sum(&|key| done(key.0)).into(),
        };
        (of(&|was| was == done), of(&|was| was != done))
    }

    /// The four that must be found, with their verdicts.
    pub const MUST: [(Done, Verdict); 4] = [
        (Done::Missing, Verdict::Missing),
        (Done::Outside, Verdict::Outside),
        (Done::Smeared, Verdict::Smeared),
        (Done::StampInstead, Verdict::StampInstead),
    ];
}

const VERDICTS: [Verdict; 10] = [
    Verdict::Ok,
    Verdict::Missing,
    Verdict::Outside,
    Verdict::Smeared,
    Verdict::Pale,
    Verdict::OverInked,
    Verdict::SecondFinger,
    Verdict::StampInstead,
    Verdict::DrawnDot,
    Verdict::Unsure,
];

impl fmt::Display for Table {
    /// As tables of Markdown.
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        writeln!(
            f,
            "| done \\ said | ok | missing | outside | smeared | pale | over-inked | second finger | stamp | drawn | unsure |"
        )?;
        writeln!(f, "|---|---|---|---|---|---|---|---|---|---|---|")?;
        for done in Done::ALL {
            let cells =
                VERDICTS.map(|verdict| self.counts.get(&(done, verdict)).copied().unwrap_or(0).to_string());
            writeln!(f, "| {done:?} | {} |", cells.join(" | "))?;
        }
        writeln!(f, "\n| | found | false alarms |\n|---|---|---|")?;
        for (done, verdict) in Table::MUST {
            let (found, wrong) = self.found_and_false(done, verdict);
            writeln!(
                f,
                "| {done:?} | {} of {}, {:.1} % | {} of {}, {:.2} % |",
                found.count,
                found.of,
                found.percent(),
                wrong.count,
                wrong.of,
                wrong.percent()
            )?;
        }
        writeln!(
            f,
            "\n{} letters: {} QR codes not read, {} pictures to be taken again, {} signatures and {} inks told wrongly.",
            self.letters, self.unread, self.retaken, self.signatures, self.inks
        )
    }
}

/// Of so many pictures with this fault, how many are to be taken again, and how many for this fault.
pub fn faults(hand: Hand, seed: u64, count: usize, fault: Fault) -> (u32, u32) {
    let fingers = Fingers::by(hand, seed, 4);
    let reports = parallel::each(count, |at| {
        let letter = faulty(seed.wrapping_mul(7) + at as u64, fault, &fingers);
        check(&decode(&letter.jpeg).unwrap(), None)
    });
    reports.into_iter().fold((0, 0), |(retaken, named), report: Report| {
        (retaken + u32::from(report.retake()), named + u32::from(report.faults.contains(&said(fault))))
    })
}

fn said(fault: Fault) -> ruhu_vision::letter::fitness::Fault {
    use ruhu_vision::letter::fitness::Fault as Said;
    match fault {
        Fault::Dark => Said::TooDark,
        Fault::Blurred => Said::Blurred,
        Fault::CutOff => Said::CutOff,
        Fault::Glare => Said::Glare,
        Fault::Far => Said::TooFar,
    }
}
