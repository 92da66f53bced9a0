//! What lies on the disk.

use insta::assert_snapshot;
use ruhu_store::{DraftRow, DraftState, StoreError};
use serde_json::Value;

use ruhu_harness::county::{FORM, Open, dropped};

fn journal(open: &mut Open) -> Vec<Value> {
    let visit = open.visit.clone();
    let entries = open.with_store(|store| store.read(|tx| tx.journal(&visit))).unwrap();
    entries.iter().map(|bytes| serde_json::from_slice(bytes).unwrap()).collect()
}

#[test]
fn the_journal_keeps_all_that_was_entered_and_the_move_with_its_report() {
    let mut open = Open::answered(51);
    open.publish("2");
    let before = journal(&mut open);
    open.migrate();
    open.answer("job", "farm");
    let after = journal(&mut open);
    let [.., carried, answered] = after.as_slice() else { panic!("{after:?}") };
    assert_eq!(after[..after.len() - 2], before, "what was entered before is as it was");
    assert_eq!(answered["answer"]["value"], "farm");
    let last_ms = before.last().unwrap()["at_ms"].as_i64();
    assert_eq!(
        carried["at_ms"].as_i64(),
        last_ms,
        "to move is no visit: the time is that of the last answer"
    );
    let moved_ms = carried["migration"]["at_ms"].as_i64();
    assert_eq!(moved_ms.zip(last_ms).map(|(moved, last)| moved - last), Some(600_000));
    assert_snapshot!(serde_json::to_string_pretty(carried).unwrap());
}

#[test]
fn a_journal_of_the_program_before_there_were_moves_is_read_and_moves() {
    const OLD: [&str; 5] = [
        r#"{"at_ms":1795309201000,"answer":{"path":"/data/facts/members","value":"4"}}"#,
        r#"{"at_ms":1795309202000,"answer":{"path":"/data/facts/debt","value":"欠信用社五千"}}"#,
        r#"{"at_ms":1795309203000,"add_repeat":{"path":"/data/child","instance_id":"b7"}}"#,
        r#"{"at_ms":1795309204000,"answer":{"path":"/data/child[@id='b7']/child_name","value":"张小"}}"#,
        r#"{"at_ms":1795309205000,"remove_repeat":{"path":"/data/child[@id='1']"}}"#,
    ];
    let mut open = Open::answered(52);
    let doc = open.case.parse().unwrap();
    let draft = DraftRow {
        id: "of-the-old-program".into(),
        doc,
        record: "of-the-old-program".into(),
        form_id: FORM.into(),
        form_version: "1".into(),
        created_at_ms: 1_795_309_200_000,
        updated_at_ms: 1_795_309_205_000,
        state: DraftState::Open,
    };
    open.with_store(|store| {
        store.write::<_, StoreError>(|tx| tx.put_draft(&draft))?;
        let settled = store.settle(&draft.id)?;
        store.write(|tx| {
            OLD.iter().try_for_each(|entry| tx.append_journal(&settled, entry.as_bytes()).map(drop))
        })
    })
    .unwrap();
    open.visit = draft.id;
    assert_eq!(open.value("debt"), "欠信用社五千");
    open.publish("2");
    let report = open.migrate();
    assert_eq!(dropped(&report), [("/data/facts/debt", "欠信用社五千")]);
    open.phone.kill_and_reopen();
    assert_eq!(open.value("members"), "4");
    assert_eq!(open.value("/data/child[@id='b7']/child_name"), "张小");
    assert_eq!(open.phone.device().visit_node(&open.visit, "/data/child[@id='1']/child_name").unwrap(), None);
}
