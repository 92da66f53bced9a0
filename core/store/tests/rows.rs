#![allow(clippy::unwrap_used)]
//! Documents, envelopes, drafts, forms and files: what is put in comes out, in the order and
//! under the rules the store promises.

mod common;

use common::{actor, doc, document, draft, envelope, file, open, read, write};
use proptest::prelude::*;
use ruhu_case::{ChangeHash, DocKind};
use ruhu_store::{
    DocumentRow, DraftRow, DraftState, EnvelopeRow, EnvelopeState, FileRefusal, FileRow, FileState,
    LogCursor, RefusedForm, Store, StoreError, UnsentFiles,
};
use tempfile::TempDir;

const LOG: &str = "110101001/household";

fn new_store() -> (TempDir, Store) {
    let dir = TempDir::new().unwrap();
    let store = open(dir.path());
    (dir, store)
}

fn clash<T: std::fmt::Debug>(result: Result<T, StoreError>) -> bool {
    matches!(result.unwrap_err(), StoreError::Clash { .. })
}

#[test]
fn a_household_is_kept_with_its_header_and_replaced_whole() {
    let (_dir, store) = new_store();
    let first = DocumentRow { kind: DocKind::Lead, heads: vec![], ..document(1) };
    let heads = vec![ChangeHash([1; 32]), ChangeHash([2; 32])];
    let second = DocumentRow { heads, saved: vec![], updated_at_ms: 9, ..document(1) };
    for row in [first, second] {
        write(&store, |tx| tx.put_document(&row));
        assert_eq!(read(&store, |tx| tx.document(&row.id)), Some(row));
    }
    assert_eq!(read(&store, |tx| tx.document_count()), 1);
    assert_eq!(read(&store, |tx| tx.document(&doc(2))), None);
}

#[test]
fn documents_are_paged_in_the_order_of_their_identifiers() {
    let (_dir, store) = new_store();
    write(&store, |tx| [5, 1, 4, 2, 3].iter().try_for_each(|n| tx.put_document(&document(*n))));
    let (mut seen, mut after) = (Vec::new(), None);
    loop {
        let page = read(&store, |tx| tx.documents(after, 2));
        let Some(last) = page.last() else { break };
        after = Some(last.id);
        seen.extend(page.iter().map(|row| row.id));
    }
    assert_eq!(seen, [1, 2, 3, 4, 5].map(doc));
}

#[test]
fn an_envelope_goes_from_the_outbox_to_the_server_and_keeps_its_receipt() {
    let (_dir, store) = new_store();
    write(&store, |tx| {
        for seq in 1..=3 {
            assert!(tx.insert_envelope(&envelope(seq as u8, 1, seq))?);
        }
        assert!(!tx.insert_envelope(&envelope(2, 1, 2))?);
        let receipt = tx.insert_receipt(b"signed by the server")?;
        tx.ack_envelope(&[1; 32], 1, 70, 1_760_000_100_000, Some(receipt))
    });
    let outbox = read(&store, |tx| tx.outbox(None, 10));
    let waiting: Vec<u64> = outbox.iter().map(|(_, row)| row.seq).collect();
    assert_eq!(waiting, [2, 3]);
    let later = read(&store, |tx| tx.outbox(Some(outbox[0].0), 10));
    assert_eq!(later, outbox[1..]);
    assert_eq!(read(&store, |tx| tx.outbox_count()), 2);

    let acked = read(&store, |tx| tx.envelope(&[1; 32])).unwrap();
    assert_eq!(acked.state, EnvelopeState::Acked);
    assert_eq!((acked.epoch, acked.server_seq), (Some(1), Some(70)));
    let receipt = acked.receipt.unwrap();
    assert_eq!(read(&store, |tx| tx.receipt(receipt)).unwrap(), b"signed by the server");
    // A second answer without a receipt does not take the first one away.
    write(&store, |tx| tx.ack_envelope(&[1; 32], 2, 71, 1_760_000_200_000, None));
    assert_eq!(read(&store, |tx| tx.envelope(&[1; 32])).unwrap().receipt, Some(receipt));
}

#[test]
fn an_envelope_comes_back_as_it_was_put() {
    let (_dir, store) = new_store();
    let row = EnvelopeRow {
        state: EnvelopeState::Quarantined,
        epoch: Some(3),
        server_seq: Some(0),
        server_time_ms: Some(-1),
        reason: Some("author revoked".into()),
        ..envelope(1, 2, 9)
    };
    write(&store, |tx| tx.insert_envelope(&row));
    assert_eq!(read(&store, |tx| tx.envelopes_of_document(&doc(1))), std::slice::from_ref(&row));
    let page = read(&store, |tx| tx.envelopes_of_log(LOG, None, 10));
    assert_eq!(page.iter().map(|(_, row)| row).collect::<Vec<_>>(), [&row]);
    assert_eq!(read(&store, |tx| tx.envelopes_of_log(LOG, Some(page[0].0), 10)), []);
    let missing = store.write(|tx| tx.set_envelope_state(&[9; 32], EnvelopeState::Acked, None));
    assert_eq!(missing, Err(StoreError::NotFound { what: "envelope" }));
}

#[test]
fn two_envelopes_never_hold_one_place_in_an_authors_chain() {
    let (_dir, store) = new_store();
    write(&store, |tx| tx.insert_envelope(&envelope(1, 1, 7)));
    assert!(clash(store.write(|tx| tx.insert_envelope(&envelope(2, 1, 7)))));
    assert_eq!(read(&store, |tx| tx.chain_tail(&actor(1))), Some((7, [1; 32])));

    // The refused one makes room for the one that stands in for it, and cannot come back.
    let refused = EnvelopeState::Refused;
    write(&store, |tx| tx.set_envelope_state(&[1; 32], refused, Some("bad scope")));
    assert_eq!(read(&store, |tx| tx.chain_tail(&actor(1))), None);
    write(&store, |tx| tx.insert_envelope(&envelope(2, 1, 7)));
    let back = store.write(|tx| tx.set_envelope_state(&[1; 32], EnvelopeState::Outbox, None));
    assert!(clash(back));
    assert_eq!(read(&store, |tx| tx.chain_tail(&actor(1))), Some((7, [2; 32])));
    assert_eq!(read(&store, |tx| tx.envelope(&[1; 32])).unwrap().reason.unwrap(), "bad scope");
}

#[test]
fn after_a_restored_server_everything_it_may_lack_is_offered_again() {
    let (_dir, store) = new_store();
    write(&store, |tx| {
        let receipt = tx.insert_receipt(b"receipt")?;
        for (n, epoch) in [(1, 1), (2, 1), (3, 2)] {
            tx.insert_envelope(&envelope(n, 1, n.into()))?;
            tx.ack_envelope(&[n; 32], epoch, n.into(), 5, Some(receipt))?;
        }
        let elsewhere = EnvelopeRow { log: "110101002/household".into(), ..envelope(4, 1, 4) };
        tx.insert_envelope(&elsewhere)?;
        tx.ack_envelope(&[4; 32], 1, 1, 5, None)
    });
    assert_eq!(write(&store, |tx| tx.unack_log(LOG, 2)), 2);
    let outbox = read(&store, |tx| tx.outbox(None, 10));
    assert_eq!(outbox.iter().map(|(_, row)| row.seq).collect::<Vec<_>>(), [1, 2]);
    assert!(outbox.iter().all(|(_, row)| row.receipt.is_some() && row.server_seq.is_none()));
    assert_eq!(write(&store, |tx| tx.unack_log(LOG, 2)), 0);
}

#[test]
fn places_in_chains_documents_and_logs_can_be_asked_for() {
    let (_dir, store) = new_store();
    let change = ChangeHash([9; 32]);
    write(&store, |tx| {
        for n in 1..=3 {
            tx.insert_envelope(&envelope(n, 1, n.into()))?;
        }
        tx.ack_envelope(&[2; 32], 1, 8, 0, None)?;
        tx.set_envelope_state(&[3; 32], EnvelopeState::Quarantined, Some("author revoked"))?;
        tx.place_envelope(&[3; 32], 1, 9, 77)?;
        tx.insert_change(&doc(1), &change, &actor(1), 4, &[1; 32])?;
        tx.put_author(&actor(1), b"certificate")
    });
    read(&store, |tx| {
        assert_eq!((tx.acked_tail(&actor(1))?, tx.acked_tail(&actor(2))?), (Some(2), None));
        assert_eq!(tx.envelope_at(&actor(1), 3)?, Some([3; 32]));
        assert_eq!(tx.envelope_at(&actor(1), 4)?, None);
        assert_eq!(tx.change_at(&doc(1), &actor(1), 4)?, Some((change, [1; 32])));
        assert_eq!(tx.change_at(&doc(2), &actor(1), 4)?, None);
        let placed = tx.envelope(&[3; 32])?.unwrap();
        assert_eq!((placed.state, placed.server_seq), (EnvelopeState::Quarantined, Some(9)));
        assert_eq!(tx.log_sum(LOG, 1)?.0, 2);
        assert_eq!(tx.authors()?, [(actor(1), b"certificate".to_vec())]);
        assert_eq!(tx.case_row(&doc(1))?, None);
        Ok(())
    });
    let missing = store.write(|tx| tx.place_envelope(&[9; 32], 1, 1, 1));
    assert_eq!(missing, Err(StoreError::NotFound { what: "envelope" }));
}

#[test]
fn numbers_the_store_cannot_keep_are_refused() {
    let (_dir, store) = new_store();
    let refused = store.write(|tx| tx.insert_envelope(&envelope(1, 1, u64::MAX)));
    assert_eq!(refused, Err(StoreError::OutOfRange { what: "seq" }));
    let refused = store.write(|tx| tx.set_file_progress(&[1; 32], FileState::Local, None, 1 << 63));
    assert_eq!(refused, Err(StoreError::OutOfRange { what: "offset" }));
}

#[test]
fn two_changes_of_one_actor_never_hold_one_number_in_a_document() {
    let (_dir, store) = new_store();
    let (one, two) = (ChangeHash([1; 32]), ChangeHash([2; 32]));
    write(&store, |tx| {
        // The envelope's row may follow within the step.
        tx.insert_change(&doc(1), &one, &actor(1), 1, &[1; 32])?;
        tx.insert_envelope(&envelope(1, 1, 1))?;
        tx.insert_envelope(&envelope(2, 1, 2))?;
        // The same change in another envelope stays with the first.
        tx.insert_change(&doc(1), &one, &actor(1), 1, &[2; 32])?;
        tx.insert_change(&doc(2), &two, &actor(1), 1, &[2; 32])
    });
    assert!(clash(store.write(|tx| tx.insert_change(&doc(1), &two, &actor(1), 1, &[2; 32]))));
    assert!(clash(store.write(|tx| tx.insert_change(&doc(1), &one, &actor(1), 2, &[2; 32]))));
    assert_eq!(read(&store, |tx| tx.envelope_of_change(&doc(1), &one)), Some([1; 32]));

    write(&store, |tx| {
        tx.delete_changes_of_envelope(&[1; 32])?;
        tx.insert_change(&doc(1), &two, &actor(1), 1, &[2; 32])
    });
    assert_eq!(read(&store, |tx| tx.envelope_of_change(&doc(1), &one)), None);
    assert_eq!(read(&store, |tx| tx.envelope_of_change(&doc(1), &two)), Some([2; 32]));
}

#[test]
fn a_change_without_its_envelope_undoes_the_step() {
    let (_dir, store) = new_store();
    let step = store.write(|tx| {
        tx.put_document(&document(1))?;
        tx.insert_change(&doc(1), &ChangeHash([1; 32]), &actor(1), 1, &[1; 32])
    });
    assert_eq!(step, Err(StoreError::NotFound { what: "a row referred to" }));
    assert_eq!(read(&store, |tx| tx.document_count()), 0);
}

#[test]
fn what_sync_remembers_is_there_after_a_restart() {
    let (dir, store) = new_store();
    let cursor =
        LogCursor { log: LOG.into(), epoch: 2, cursor: 41, chain: [3; 32], head_signature: vec![4; 64] };
    write(&store, |tx| {
        tx.put_author(&actor(1), b"old certificate")?;
        tx.put_author(&actor(1), b"certificate")?;
        tx.put_cursor(&LogCursor { cursor: 40, ..cursor.clone() })?;
        tx.put_cursor(&cursor)?;
        tx.set_meta("server", b"fingerprint")?;
        tx.insert_envelope(&envelope(1, 1, 1))?;
        tx.put_verdict(&[1; 32], b"author revoked")?;
        tx.put_verdict(&[1; 32], b"taken back")?;
        tx.put_verdict(&[2; 32], b"on an envelope that is not here yet")?;
        Ok(())
    });
    drop(store);
    let store = open(dir.path());
    read(&store, |tx| {
        assert_eq!(tx.author(&actor(1))?.unwrap(), b"certificate");
        assert_eq!(tx.author(&actor(2))?, None);
        assert_eq!(tx.cursors()?, std::slice::from_ref(&cursor));
        assert_eq!(tx.cursor(LOG)?, Some(cursor));
        assert_eq!(tx.meta("server")?.unwrap(), b"fingerprint");
        assert_eq!(tx.verdict(&[2; 32])?.unwrap(), b"on an envelope that is not here yet");
        let verdicts = tx.verdicts_of_document(&doc(1))?;
        assert_eq!(verdicts, [([1; 32], b"taken back".to_vec())]);
        Ok(())
    });
}

#[test]
fn a_form_is_found_by_version_and_its_newest_by_name() {
    let (_dir, store) = new_store();
    write(&store, |tx| {
        for (version, n) in [("2026010110", 2), ("2026010109", 1), ("9", 0)] {
            tx.put_form("home_visit", version, [n; 32], &[n])?;
        }
        tx.put_form("home_visit", "9", [0; 32], &[0])
    });
    assert!(clash(store.write(|tx| tx.put_form("home_visit", "9", [7; 32], &[7]))));
    read(&store, |tx| {
        assert_eq!(tx.latest_version("home_visit")?.as_deref(), Some("2026010110"));
        assert_eq!(tx.form("home_visit", "9")?, Some(([0; 32], vec![0])));
        assert_eq!(tx.latest_version("lead")?, None);
        let versions: Vec<String> = tx.forms()?.into_iter().map(|form| form.version).collect();
        assert_eq!(versions, ["9", "2026010109", "2026010110"]);
        Ok(())
    });
}

#[test]
fn a_withdrawn_form_is_kept_and_is_no_visits_newest() {
    let (_dir, store) = new_store();
    write(&store, |tx| {
        tx.put_form("home_visit", "1", [1; 32], b"first")?;
        tx.put_form("home_visit", "2", [2; 32], b"second")?;
        tx.note_form("home_visit", "2", true, Some(b"the server's word"))?;
        tx.note_form("home_visit", "3", true, None)
    });
    read(&store, |tx| {
        assert_eq!(tx.latest_version("home_visit")?.as_deref(), Some("1"));
        assert_eq!(tx.version_after("home_visit", "2")?, None, "the one before it is not newer");
        assert_eq!(tx.form("home_visit", "2")?, Some(([2; 32], b"second".to_vec())));
        assert_eq!(tx.forms()?.iter().map(|form| form.withdrawn).collect::<Vec<_>>(), [false, true]);
        Ok(())
    });
    write(&store, |tx| tx.note_form("home_visit", "2", false, None));
    read(&store, |tx| {
        assert_eq!(tx.version_after("home_visit", "1")?.as_deref(), Some("2"));
        assert_eq!(tx.version_after("home_visit", "2")?, None);
        Ok(())
    });
}

#[test]
fn a_form_of_no_use_is_remembered_by_its_hash() {
    let (_dir, store) = new_store();
    let refused = |n: u8, version: &str| RefusedForm {
        id: "lead".into(),
        version: version.into(),
        hash: [n; 32],
        reason: "form_unreadable".into(),
        program: "1".into(),
    };
    write(&store, |tx| {
        tx.refuse_form(&refused(1, "1"))?;
        tx.refuse_form(&refused(2, "2"))?;
        tx.refuse_form(&refused(3, "1"))
    });
    assert_eq!(read(&store, |tx| tx.refused_forms()), [refused(3, "1"), refused(2, "2")]);
    write(&store, |tx| tx.forget_refused_form("lead", "1"));
    assert_eq!(read(&store, |tx| tx.refused_forms()), [refused(2, "2")]);
}

#[test]
fn a_visit_that_is_closed_keeps_its_journal_and_leaves_the_list_of_open_ones() {
    let (_dir, store) = new_store();
    write(&store, |tx| {
        tx.put_draft(&draft("a"))?;
        tx.put_draft(&DraftRow { updated_at_ms: i64::MAX, ..draft("b") })
    });
    assert_eq!(store.append_answer("a", 1, b"1"), Ok(1));
    assert_eq!(store.append_answer("b", i64::MAX, b"other"), Ok(1));
    let settled = store.settle("a").unwrap();
    write(&store, |tx| {
        assert_eq!(tx.append_journal(&settled, b"2")?, 2);
        tx.put_draft(&DraftRow { state: DraftState::Closed, ..draft("a") })
    });
    drop(settled);
    let missing = Err(StoreError::NotFound { what: "draft" });
    assert_eq!(store.append_answer("c", 1, b"1"), missing);
    let settled = store.settle("c").unwrap();
    assert_eq!(store.write(|tx| tx.append_journal(&settled, b"1")), missing);
    read(&store, |tx| {
        let ids = |rows: Vec<DraftRow>| rows.into_iter().map(|row| row.id).collect::<Vec<_>>();
        assert_eq!(ids(tx.drafts(true)?), ["b"]);
        assert_eq!(ids(tx.drafts(false)?), ["b", "a"]);
        assert_eq!(tx.draft("a")?.unwrap().state, DraftState::Closed);
        assert_eq!(tx.journal("a")?, [b"1", b"2"]);
        assert_eq!(tx.journal("c")?, Vec::<Vec<u8>>::new());
        Ok(())
    });
}

#[test]
fn small_and_old_photos_are_sent_first_and_progress_is_kept() {
    let (_dir, store) = new_store();
    let rows = [
        file([1; 32], 900, [1; 32]),
        FileRow { added_at_ms: 5, ..file([2; 32], 300, [2; 32]) },
        FileRow { added_at_ms: 4, ..file([3; 32], 300, [3; 32]) },
    ];
    write(&store, |tx| rows.iter().try_for_each(|row| tx.put_file(row)));
    let order: Vec<u8> =
        read(&store, |tx| tx.files_in(FileState::Local, 10)).iter().map(|row| row.sha256[0]).collect();
    assert_eq!(order, [3, 2, 1]);
    let url = Some("/files/7");
    write(&store, |tx| {
        tx.set_file_progress(&[3; 32], FileState::Uploading, url, 100)?;
        tx.set_file_receipt((&[2; 32], &doc(1)), FileState::Stored, b"receipt", 7)
    });
    read(&store, |tx| {
        let moving = tx.files_in(FileState::Uploading, 10)?;
        assert_eq!((moving[0].upload_url.as_deref(), moving[0].offset), (url, 100));
        assert_eq!(tx.file(&[2; 32])?.unwrap().receipt.unwrap(), b"receipt");
        assert_eq!(tx.files_of_document(&doc(1))?.len(), 3);
        assert_eq!(tx.file(&[1; 32])?.unwrap(), rows[0]);
        Ok(())
    });
    let missing = store.write(|tx| tx.set_file_receipt((&[9; 32], &doc(1)), FileState::Stored, b"", 7));
    assert_eq!(missing, Err(StoreError::NotFound { what: "file" }));
}

#[test]
fn a_photo_known_from_another_phone_takes_its_key_when_it_arrives_here() {
    let (_dir, store) = new_store();
    let wanted = FileRow { state: FileState::Wanted, ..file([1; 32], 900, [1; 32]) };
    write(&store, |tx| tx.put_file(&wanted));
    // Named again while it is being fetched: the key in use stays.
    write(&store, |tx| tx.put_file(&FileRow { key: [8; 32], ..wanted.clone() }));
    assert_eq!(read(&store, |tx| tx.file(&[1; 32])).unwrap(), wanted);
    let taken_here = file([1; 32], 900, [2; 32]);
    write(&store, |tx| tx.put_file(&taken_here));
    assert_eq!(read(&store, |tx| tx.file(&[1; 32])).unwrap(), taken_here);
}

#[test]
fn the_key_of_a_photo_is_not_shown() {
    let shown = format!("{:?}", file([1; 32], 1, [0xab; 32]));
    assert!(!shown.contains("171"), "{shown}");
}

proptest! {
    #![proptest_config(ProptestConfig::with_cases(32))]

    #[test]
    fn the_checksum_of_a_view_is_the_same_in_any_order_of_arrival(
        hashes in prop::collection::btree_set(any::<[u8; 32]>(), 1..12), reverse: bool,
    ) {
        let (_dir, store) = new_store();
        let mut order: Vec<(usize, &[u8; 32])> = hashes.iter().enumerate().collect();
        if reverse { order.reverse() }
        write(&store, |tx| order.iter().try_for_each(|(n, hash)| {
            let row = EnvelopeRow { hash: **hash, ..envelope(1, 1, *n as u64) };
            tx.insert_envelope(&row)?;
            // The first stays in the outbox, the second is of another epoch.
            if *n > 0 {
                tx.ack_envelope(hash, if *n == 1 { 8 } else { 9 }, *n as u64, 0, None)?;
            }
            Ok(())
        }));
        let sum = hashes.iter().skip(2).fold(0u128, |sum, hash| {
            sum.wrapping_add(u128::from_be_bytes(*hash.first_chunk().unwrap()))
        });
        let expected = (hashes.len().saturating_sub(2) as u64, sum.to_be_bytes());
        prop_assert_eq!(read(&store, |tx| tx.log_sum(LOG, 9)), expected);
        prop_assert_eq!(read(&store, |tx| tx.log_sum("other", 9)), (0, [0; 16]));
    }
}

#[test]
fn what_is_pending_is_counted_by_document_and_a_saved_journal_is_not() {
    let (_dir, store) = new_store();
    write(&store, |tx| {
        for (n, seq) in [(1, 1), (2, 2), (3, 3), (4, 4)] {
            tx.insert_envelope(&envelope(n, 1, seq))?;
        }
        tx.ack_envelope(&[1; 32], 1, 1, 9, None)?;
        tx.set_envelope_state(&[3; 32], EnvelopeState::Quarantined, Some("server: Revoked"))?;
        tx.set_envelope_state(&[4; 32], EnvelopeState::Superseded, Some("reissued"))?;
        tx.put_file(&file([8; 32], 10, [9; 32]))?;
        tx.put_draft(&draft("visit-1"))
    });
    store.append_answer("visit-1", 1, b"one").unwrap();
    store.append_answer("visit-1", 2, b"two").unwrap();
    assert_eq!(read(&store, |tx| tx.outbox_by_document(None)), [(doc(1), 1)]);
    let apart = read(&store, |tx| tx.apart(None));
    assert_eq!((apart.len(), apart[0].count, &*apart[0].reason), (1, 1, "server: Revoked"));
    let unsent = |refusal| UnsentFiles { doc: doc(1), apart: false, refusal, count: 1 };
    assert_eq!(read(&store, |tx| tx.unsent_files_by_document(None)), [unsent(None)]);
    assert_eq!(read(&store, |tx| tx.unsaved_drafts(None))[0].saved_entry, 0);
    let of = |docs: &[ruhu_case::DocId]| {
        let counted = read(&store, |tx| {
            Ok([
                tx.unsaved_drafts(Some(docs))?.len(),
                tx.outbox_by_document(Some(docs))?.len(),
                tx.apart(Some(docs))?.len(),
                tx.unsent_files_by_document(Some(docs))?.len(),
            ])
        });
        assert!(counted.iter().all(|count| *count == counted[0]), "{counted:?}");
        counted[0]
    };
    let others: Vec<ruhu_case::DocId> = (2..9).map(doc).collect();
    assert_eq!((of(&[]), of(&others), of(&[&others[..], &[doc(1)]].concat())), (0, 0, 1));
    let settled = store.settle("visit-1").unwrap();
    write(&store, |tx| tx.set_draft_saved(&settled));
    drop(settled);
    assert_eq!(read(&store, |tx| tx.unsaved_drafts(None)), []);
    store.append_answer("visit-1", 3, b"three").unwrap();
    assert_eq!(read(&store, |tx| tx.unsaved_drafts(None))[0].saved_entry, 2);
    assert_eq!(read(&store, |tx| tx.journal_after("visit-1", 2)), [b"three"]);
    write(&store, |tx| tx.put_draft(&draft("visit-1")));
    assert_eq!(read(&store, |tx| tx.unsaved_drafts(None))[0].saved_entry, 2, "new facts leave it");
    write(&store, |tx| tx.put_draft(&DraftRow { state: DraftState::Closed, ..draft("visit-1") }));
    assert_eq!(read(&store, |tx| tx.unsaved_drafts(None)), [], "a closed visit was saved");
}

#[test]
fn a_photo_that_the_server_refused_is_tried_again_later_and_later_and_holds_up_no_other() {
    const HOUR: i64 = 3_600_000;
    let (_dir, store) = new_store();
    let refusal = FileRefusal { code: "too_large".into(), zh: "太大".into(), en: "too large".into() };
    write(&store, |tx| {
        tx.put_document(&document(1))?;
        tx.put_file(&file([8; 32], 10, [9; 32]))?;
        tx.put_file(&file([7; 32], 20, [9; 32]))
    });
    let given = |now| -> Vec<u8> {
        read(&store, |tx| tx.files_to_give(now, None, 10)).iter().map(|row| row.sha256[0]).collect()
    };
    assert_eq!(given(0), [8, 7]);
    let mut now = 1_000 * HOUR;
    for pause in [1, 2, 4, 8, 16, 24, 24] {
        write(&store, |tx| tx.refuse_file(&[8; 32], &refusal, now));
        assert_eq!(given(now), [7]);
        assert_eq!(given(now + pause * HOUR - 1), [7], "{pause}");
        assert_eq!(given(now + pause * HOUR), [8, 7]);
        assert_eq!(given(now - 1), [8, 7], "a clock that was set back");
        now += pause * HOUR;
    }
    let unsent = read(&store, |tx| tx.unsent_files_by_document(None));
    assert_eq!(unsent.iter().filter(|files| files.refusal.as_ref() == Some(&refusal)).count(), 1);
    // It was taken after all.
    write(&store, |tx| tx.set_file_receipt((&[8; 32], &doc(1)), FileState::Stored, b"receipt", now));
    assert_eq!(read(&store, |tx| tx.file_refusal(&[8; 32])), None);
}

#[test]
fn files_are_read_page_by_page_in_their_order_each_once() {
    let (_dir, store) = new_store();
    write(&store, |tx| {
        tx.put_document(&document(1))?;
        // Of three sizes, some of them begun.
        for number in 0..20u8 {
            let sha256 = [number + 1; 32];
            tx.put_file(&file(sha256, u64::from(number % 3) * 10 + 5, [9; 32]))?;
            if number % 5 == 0 {
                tx.set_file_progress(&sha256, FileState::Uploading, Some("/v1/uploads/1"), 1)?;
            }
        }
        Ok(())
    });
    let whole = read(&store, |tx| tx.files_to_give(0, None, 100));
    let begun = |row: &FileRow| row.state == FileState::Uploading;
    let mut sorted = whole.clone();
    sorted.sort_by_key(|row| (!begun(row), row.size, row.added_at_ms, row.sha256));
    assert_eq!((whole.len(), whole.iter().filter(|row| begun(row)).count()), (20, 4));
    assert_eq!(whole, sorted);
    let (mut paged, mut after): (Vec<FileRow>, Option<FileRow>) = (Vec::new(), None);
    loop {
        let page = read(&store, |tx| tx.files_to_give(0, after.as_ref(), 3));
        let Some(last) = page.last() else { break };
        after = Some(last.clone());
        paged.extend(page);
    }
    assert_eq!(paged, whole);
    let bytes = whole.iter().map(|row| row.size).sum();
    assert_eq!(read(&store, |tx| tx.all_to_give(0)), (20, bytes));
}
