//! What holds for every migration, on arbitrary forms and answers.

use super::*;
use crate::arbitrary::{ArbitraryRow, MORNING, actions, arbitrary_rows, cases, edited, edits, form};
use crate::session::NodeSnapshot;
use proptest::prelude::*;
use std::collections::BTreeMap;

type Moves = Vec<(usize, usize, usize)>;

fn filled(arbitrary_rows: &[ArbitraryRow], moves: &Moves) -> Session {
    let mut session = Session::new(form(arbitrary_rows), MORNING);
    go_on(&mut session, moves);
    session
}

fn go_on(session: &mut Session, moves: &Moves) {
    for (which, what, how) in moves {
        session.act(*which, *what, *how);
    }
}

fn same(a: &Session, b: &Session) -> Result<(), TestCaseError> {
    prop_assert_eq!(a.nodes(), b.nodes());
    prop_assert_eq!(a.missing(), b.missing());
    prop_assert_eq!(a.answers(), b.answers());
    prop_assert_eq!(a.requests(), b.requests());
    Ok(())
}

fn replayed(migration: &Migration) -> Session {
    let mut session = Session::new(migration.session.form().clone(), migration.begun);
    session.set_environment(migration.environment);
    let stored = serde_json::to_string(&migration.entry).unwrap();
    session.apply(&serde_json::from_str(&stored).unwrap()).unwrap();
    session
}

fn filled_in(session: &Session) -> Vec<(String, NodeSnapshot)> {
    let snapshot = session.node_snapshots().into_iter().filter(|snapshot| !snapshot.value.is_empty());
    snapshot.map(|snapshot| (session.key(snapshot.node), snapshot)).collect()
}

/// Every value of the old draft stands in the new one, at its path or where the
/// report says that it went, or is told in the report.
fn nothing_is_lost(old: &Session, migration: &Migration) -> Result<(), TestCaseError> {
    let MigrationReport { moved, converted, dropped, recalculated, .. } = &migration.report;
    let to: BTreeMap<&str, &str> =
        moved.iter().map(|moved| (moved.from.as_str(), moved.to.as_str())).collect();
    for (path, snapshot) in filled_in(old) {
        let at = to.get(path.as_str()).copied().unwrap_or(&path);
        let exists = migration.session.node(at).is_some_and(|node| node.value == snapshot.value);
        let was_converted = converted.iter().any(|told| told.path == at && told.before == snapshot.value);
        let was_dropped = || {
            let told = dropped.iter().filter(|told| told.path == path);
            let parts: Vec<&str> = told.flat_map(|told| told.value.split(' ')).collect();
            let left = migration.session.node(at).map_or_else(String::new, |node| node.value);
            let whole = dropped.iter().any(|told| told.path == path && told.value == snapshot.value);
            whole
                || snapshot
                    .value
                    .split(' ')
                    .all(|part| parts.contains(&part) || left.split(' ').any(|l| l == part))
        };
        let was_recalculated = || recalculated.iter().any(|told| told.before == snapshot.value);
        prop_assert!(
            exists || was_converted || was_dropped() || was_recalculated(),
            "{path} = {:?} is lost: {:#?}",
            snapshot.value,
            migration.report
        );
    }
    Ok(())
}

proptest! {
    #![proptest_config(cases(64))]

    #[test]
    fn a_draft_that_moves_to_its_own_form_stays_as_it_is(arbitrary_rows in arbitrary_rows(), moves in actions(), more in actions()) {
        let mut old = filled(&arbitrary_rows, &moves);
        let migration = migrate(&old, form(&arbitrary_rows)).unwrap();
        prop_assert!(migration.report.is_empty(), "{:#?}", migration.report);
        same(&old, &migration.session)?;
        let mut new = migration.session;
        go_on(&mut old, &more);
        go_on(&mut new, &more);
        same(&old, &new)?;
    }

    #[test]
    fn a_migrated_draft_has_lost_nothing_and_replays(arbitrary_rows in arbitrary_rows(), moves in actions(), edits in edits()) {
        let old = filled(&arbitrary_rows, &moves);
        let migration = migrate(&old, form(&edited(&arbitrary_rows, &edits))).unwrap();
        nothing_is_lost(&old, &migration)?;
        same(&migration.session, &replayed(&migration))?;
        same(&migration.session, &migration.session.recalculated_from_nothing())?;
        let stored = serde_json::to_string(&migration.report).unwrap();
        prop_assert_eq!(serde_json::from_str::<MigrationReport>(&stored).unwrap(), migration.report);
    }

    #[test]
    fn a_draft_that_moves_twice_has_lost_nothing(
        arbitrary_rows in arbitrary_rows(), moves in actions(), first in edits(), between in actions(), second in edits(),
    ) {
        let old = filled(&arbitrary_rows, &moves);
        let middle_form = edited(&arbitrary_rows, &first);
        let mut middle = migrate(&old, form(&middle_form)).unwrap().session;
        go_on(&mut middle, &between);
        let migration = migrate(&middle, form(&edited(&middle_form, &second))).unwrap();
        nothing_is_lost(&middle, &migration)?;
        same(&migration.session, &replayed(&migration))?;
    }

    #[test]
    fn what_a_new_version_does_not_touch_is_not_touched(arbitrary_rows in arbitrary_rows(), moves in actions(), edits in edits()) {
        let old = filled(&arbitrary_rows, &moves);
        let new = form(&edited(&arbitrary_rows, &edits));
        let migration = migrate(&old, new).unwrap();
        // What stands now stood before, at the same kind of question, or was given by the new form itself.
        for (path, snapshot) in filled_in(&migration.session) {
            let before = old.node(&path).filter(|node| node.kind == snapshot.kind && !node.value.is_empty());
            let Some(before) = before.filter(|_| old.canonical(&path).as_deref() == Ok(path.as_str())) else { continue };
            let told = migration.report.dropped.iter().any(|told| told.path == path)
                || migration.report.recalculated.iter().any(|told| told.path == path)
                || migration.report.moved.iter().any(|told| told.to == path || told.from == path);
            prop_assert!(before.value == snapshot.value || told, "{path}: {:?} became {:?}", before.value, snapshot.value);
        }
    }
}
