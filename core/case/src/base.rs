//! The fixed first change of every document. Two devices that each made the same map would hide one side's contents
//! from the other; so nobody makes the outer maps: they come with this change, the same bytes everywhere.

use crate::{ActorId, ChangeHash, DocKind};

/// The actor of the base of a kind. The number of the kind is part of it, so that no kind's base passes for another's.
pub(crate) const fn base_actor(code: u8) -> ActorId {
    ActorId([b'r', b'u', b'h', b'u', b'-', b'b', b'a', b's', b'e', 0, 0, 0, 0, 0, 0, code])
}

/// The raw chunk of the first change of this kind of document.
pub fn base_change(kind: DocKind) -> &'static [u8] {
    match kind {
        DocKind::Household => include_bytes!("../base/household.change"),
        DocKind::Lead => include_bytes!("../base/lead.change"),
        DocKind::Finance => include_bytes!("../base/finance.change"),
    }
}

/// The hash of [`base_change`]: the only change without dependencies that a document of this kind can hold.
pub fn base_hash(kind: DocKind) -> ChangeHash {
    // Computed once and frozen with the files; a test compares them.
    ChangeHash(match kind {
        DocKind::Household => HOUSEHOLD,
        DocKind::Lead => LEAD,
        DocKind::Finance => FINANCE,
    })
}

const HOUSEHOLD: [u8; 32] = [
    0x5f, 0x17, 0xbd, 0xf6, 0x15, 0xda, 0x09, 0x07, 0x62, 0x93, 0xf7, 0x75, 0x0c, 0x90, 0xb6, 0x6a, 0x5f,
    0xba, 0xd3, 0x0f, 0xf4, 0x1c, 0x83, 0x6b, 0x12, 0xd1, 0x85, 0xd7, 0xe7, 0x3e, 0xb0, 0x2d,
];
const LEAD: [u8; 32] = [
    0x1c, 0x73, 0x77, 0x65, 0x3c, 0x02, 0xc6, 0xea, 0xe1, 0x77, 0x78, 0xc1, 0x4c, 0x95, 0x6d, 0x14, 0x4f,
    0xdf, 0xdc, 0xd4, 0xc1, 0xfb, 0x16, 0xa4, 0xbc, 0x17, 0xfa, 0x97, 0x43, 0xbd, 0x4e, 0x9f,
];
const FINANCE: [u8; 32] = [
    0xc4, 0x47, 0xd0, 0x5f, 0x13, 0x8a, 0x08, 0xa2, 0xb8, 0xa1, 0x88, 0x34, 0x31, 0x55, 0xf8, 0x55, 0x66,
    0x13, 0xe8, 0x44, 0x61, 0x94, 0x46, 0x45, 0x58, 0x89, 0x86, 0x17, 0x63, 0x75, 0xfb, 0xdd,
];

#[cfg(test)]
mod tests {
    use automerge::transaction::{CommitOptions, Transactable};
    use automerge::{Automerge, ObjType, ROOT, ReadDoc};

    use super::*;
    use crate::change::RawChange;
    use crate::path::Collection;

    fn made_again(kind: DocKind) -> Vec<u8> {
        let mut doc = Automerge::new().with_actor(base_actor(kind.code()).engine());
        let mut tx = doc.transaction();
        for collection in Collection::of(kind) {
            tx.put_object(ROOT, collection.name(), ObjType::Map).unwrap();
        }
        let (hash, _) = tx.commit_with(CommitOptions::default().with_time(0));
        doc.get_change_by_hash(&hash.unwrap()).unwrap().raw_bytes().to_vec()
    }

    #[test]
    fn the_committed_base_of_every_kind_is_what_this_version_would_make() {
        for kind in DocKind::ALL {
            let made = made_again(kind);
            let hash = RawChange::from_chunk(&made).unwrap().hash();
            assert!(base_change(kind) == made, "{kind}: {hash} {made:?}");
            assert_eq!(base_hash(kind), hash);
        }
    }

    #[test]
    fn no_two_kinds_share_a_base() {
        assert_ne!(base_hash(DocKind::Household), base_hash(DocKind::Lead));
        assert_ne!(base_hash(DocKind::Household), base_hash(DocKind::Finance));
    }
}
