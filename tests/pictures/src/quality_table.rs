//! How often the check of photos is right: what was done to each against what was said.

use std::fmt::{self, Display, Formatter};

use ruhu_vision::picture::decode;
use ruhu_vision::quality::{Kind, Verdict, assess};

use crate::rooms::room_photo;
use crate::tables::{Fault, document_photo};

const SAID: [Verdict; 7] = [
    Verdict::Good,
    Verdict::Blurred,
    Verdict::Dark,
    Verdict::OverExposed,
    Verdict::Glare,
    Verdict::CutOff,
    Verdict::Unsure,
];

/// What is drawn of a kind, with the verdict that it should get.
pub fn drawn(kind: Kind) -> &'static [(Fault, Verdict)] {
    const ALL: [(Fault, Verdict); 6] = [
        (Fault::None, Verdict::Good),
        (Fault::Blurred, Verdict::Blurred),
        (Fault::Dark, Verdict::Dark),
        (Fault::OverExposed, Verdict::OverExposed),
        (Fault::Glare, Verdict::Glare),
        (Fault::CutOff, Verdict::CutOff),
    ];
    match kind {
        Kind::Document => &ALL,
        Kind::Room => &ALL[..4],
    }
}

/// A photo of this kind with this fault.
pub fn photo(kind: Kind, seed: u64, fault: Fault) -> Vec<u8> {
    match kind {
        Kind::Document => document_photo(seed, fault),
        Kind::Room => room_photo(seed, fault),
    }
}

/// Photos counted by what was done and what was said.
pub struct QualityTable {
    kind: Kind,
    rows: Vec<[u32; SAID.len()]>,
}

impl QualityTable {
    /// Draws and checks so many photos of each fault.
    pub fn of(kind: Kind, seed: u64, each: u64) -> QualityTable {
        let row = |(fault, _): &(Fault, Verdict)| {
            let mut row = [0; SAID.len()];
            for at in 0..each {
                let jpeg = photo(kind, seed.wrapping_mul(1_000_003).wrapping_add(at), *fault);
                let said = assess(&decode(&jpeg).unwrap(), kind).verdict;
                let at = SAID.iter().position(|verdict| *verdict == said).unwrap();
                row[at] += 1;
            }
            row
        };
        QualityTable { kind, rows: drawn(kind).iter().map(row).collect() }
    }

    /// Of photos that should get this verdict: how many got it, how many another one that is wrong, and how
    /// many there are.
    pub fn told(&self, verdict: Verdict) -> (u32, u32, u32) {
        let at = drawn(self.kind).iter().position(|(_, right)| *right == verdict).unwrap();
        let row = &self.rows[at];
        let of = |verdict| row[SAID.iter().position(|said| *said == verdict).unwrap()];
        let (right, all) = (of(verdict), row.iter().sum::<u32>());
        (right, all - right - of(Verdict::Unsure), all)
    }
}

impl Display for QualityTable {
    fn fmt(&self, f: &mut Formatter<'_>) -> fmt::Result {
        writeln!(
            f,
            "| {:?}: done \\ said | good | blurred | dark | over-exposed | glare | cut off | unsure |",
            self.kind
        )?;
        writeln!(f, "|---|---|---|---|---|---|---|---|")?;
        for ((_, right), row) in drawn(self.kind).iter().zip(&self.rows) {
            write!(f, "| {right:?} |")?;
            row.iter().try_for_each(|count| write!(f, " {count} |"))?;
            writeln!(f)?;
        }
        Ok(())
    }
}
