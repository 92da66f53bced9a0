//! Rows that rotted: each harms itself only, is named once, and is made whole by whoever has it.
#![allow(clippy::unwrap_used, clippy::expect_used, clippy::panic)]

mod story;

use ruhu_sync::message::{GapKind, LogNews};
use ruhu_sync::{Envelope, SyncRequest, SyncResponse};
use rusqlite::{Connection, params};
use story::{Phone, VILLAGE, World, held};

fn database(world: &World) -> Connection {
    let connection = Connection::open(world.hub.dir().join("server.db")).unwrap();
    connection.execute_batch("PRAGMA foreign_keys = OFF").unwrap();
    connection
}

/// Flips one bit of the text in an entry's stored bytes.
fn flip(world: &World, envelope: &Envelope, text: &str) {
    let mut bytes = envelope.to_bytes();
    let place = bytes.windows(text.len()).position(|it| it == text.as_bytes()).unwrap();
    bytes[place] ^= 1;
    let hash = envelope.hash().0;
    database(world).execute("UPDATE envelopes SET bytes = ?2 WHERE hash = ?1", params![hash, bytes]).unwrap();
}

/// Three households of one phone, held.
fn three(world: &mut World, phone: &mut Phone) -> Vec<Envelope> {
    let texts = ["意见一", "意见二", "意见三"];
    let envelopes: Vec<Envelope> = texts
        .iter()
        .zip(1..)
        .flat_map(|(text, number)| {
            let (doc, opened) = phone.open_household(number, VILLAGE);
            [opened, phone.write(doc, "case/remark", text)]
        })
        .collect();
    world.push(phone, &envelopes).iter().for_each(|outcome| assert!(held(outcome) > 0));
    envelopes
}

fn told(world: &mut World, phone: &Phone) -> SyncResponse {
    let request = SyncRequest { knows_gaps: Some(true), ..phone.request(&[]) };
    world.sync(phone.device(), request)
}

fn came(response: &SyncResponse) -> Vec<Envelope> {
    let pages = response.news.iter().flat_map(|news| match news {
        LogNews::Page { entries, .. } => entries.clone().unpack().unwrap(),
        other => panic!("{other:?}"),
    });
    pages.map(|(envelope, ..)| envelope).collect()
}

#[test]
fn a_flipped_bit_is_a_gap_that_counts_and_is_healed_by_a_phone_that_has_it() {
    let mut world = World::new();
    let (mut wang, li, zhang) =
        (world.caseworker("王经办"), world.caseworker("李经办"), world.caseworker("张经办"));
    let envelopes = three(&mut world, &mut wang);
    let rotten = &envelopes[3];
    flip(&world, rotten, "意见二");
    let response = told(&mut world, &li);
    let others: Vec<Envelope> = envelopes.iter().filter(|it| *it != rotten).cloned().collect();
    assert_eq!(came(&response), others, "all the others come");
    let gap = response.gaps.unwrap()[0];
    assert_eq!((gap.envelope, gap.seq, gap.why), (rotten.hash(), 4, GapKind::Damaged));
    let LogNews::Page { sum, .. } = &response.news[0] else { panic!() };
    assert_eq!(sum.unwrap().count, 6, "what is damaged still counts");
    // By its hash it is not given either.
    let request =
        SyncRequest { want: vec![rotten.hash()], push_only: true, knows_gaps: Some(true), ..li.request(&[]) };
    let asked = world.sync(li.device(), request);
    assert_eq!((asked.wanted.unwrap().unpack().unwrap(), asked.gaps.unwrap()), (vec![], vec![gap]));
    // Whoever works there is asked for it, and gives it back.
    assert_eq!(told(&mut world, &zhang).notice.unwrap().seeks, [rotten.hash()]);
    held(&world.push(&zhang, std::slice::from_ref(rotten))[0]);
    assert_eq!(told(&mut world, &zhang).notice, None);
    assert_eq!(came(&told(&mut world, &li)), envelopes);
    world.check_is_clean();
}

#[test]
fn a_signature_that_rotted_is_found_when_it_is_asked_for() {
    let mut world = World::new();
    let (mut wang, li) = (world.caseworker("王经办"), world.caseworker("李经办"));
    let envelopes = three(&mut world, &mut wang);
    let mut rotten = envelopes[1].clone();
    rotten.signature.0[9] ^= 4;
    let (hash, bytes) = (rotten.hash().0, rotten.to_bytes());
    database(&world)
        .execute("UPDATE envelopes SET bytes = ?2 WHERE hash = ?1", params![hash, bytes])
        .unwrap();
    let request =
        SyncRequest { want: vec![rotten.hash()], push_only: true, knows_gaps: Some(true), ..li.request(&[]) };
    let asked = world.sync(li.device(), request.clone());
    assert_eq!(asked.gaps.unwrap()[0].envelope, rotten.hash());
    held(&world.push(&wang, &[rotten])[0]);
    assert!(world.sync(li.device(), request.clone()).gaps.is_some(), "the rotten one heals nothing");
    held(&world.push(&wang, &envelopes[1..2])[0]);
    assert_eq!(world.sync(li.device(), request).wanted.unwrap().unpack().unwrap()[0].0, envelopes[1]);
    world.check_is_clean();
}

#[test]
fn rows_of_one_author_device_or_document_that_rotted_fail_no_request() {
    for sql in [
        "UPDATE authors SET record = zeroblob(40) WHERE actor = ?1",
        "UPDATE devices SET certificate = zeroblob(40) WHERE id = ?2",
        "UPDATE documents SET division = '1101010010x1', class = 77 WHERE id = ?3",
        "UPDATE authors SET record = CAST(substr(record, 1, 30) || x'00' || substr(record, 32) AS BLOB) WHERE actor = ?1",
    ] {
        let mut world = World::new();
        let (mut wang, mut li) = (world.caseworker("王经办"), world.caseworker("李经办"));
        let envelopes = three(&mut world, &mut wang);
        let doc = envelopes[0].doc;
        let ids = params![wang.actor().0, wang.device().0, doc.0];
        let connection = database(&world);
        let mut statement = connection.prepare(sql).unwrap();
        let wanted = statement.parameter_count();
        let ids: Vec<&dyn rusqlite::ToSql> = ids.iter().take(wanted).copied().collect();
        for (index, id) in ids.iter().enumerate() {
            statement.raw_bind_parameter(index + 1, id).unwrap();
        }
        assert_eq!(statement.raw_execute().unwrap(), 1, "{sql}");
        drop(statement);
        drop(connection);
        assert_eq!(world.pull(&mut li).len(), 6, "{sql}: nobody else notices");
        let findings = world.hub.check().unwrap().findings;
        assert!(!findings.is_empty() || sql.contains("devices"), "{sql}: it is named");
        // The phone it belongs to goes on: its requests carry its own record.
        let more = wang.write(doc, "case/remark", "接着写");
        held(&world.push(&wang, &[more])[0]);
        assert_eq!(world.pull(&mut li).len(), 1, "{sql}");
    }
}

#[test]
fn what_was_pushed_is_acknowledged_though_news_cannot_be_told() {
    let mut world = World::new();
    let mut wang = world.caseworker("王经办");
    let (_, opened) = wang.open_household(1, VILLAGE);
    // The list of forms is needed for news only.
    database(&world).execute_batch("ALTER TABLE forms RENAME TO elsewhere").unwrap();
    let response = world.sync(wang.device(), wang.request(std::slice::from_ref(&opened)));
    held(&response.outcomes[0]);
    assert!(response.receipt.is_some() && response.news.is_empty());
    assert!(response.notice.unwrap().untold);
    assert!(world.hub.sync(wang.device(), wang.request(&[]), world.now).is_err(), "nothing was pushed");
    database(&world).execute_batch("ALTER TABLE elsewhere RENAME TO forms").unwrap();
    let mut li = world.caseworker("李经办");
    assert_eq!(world.pull(&mut li), [opened]);
}
