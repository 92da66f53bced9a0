//! What a disk may do to a server.

use std::fs;

use crate::world::World;

impl World {
    /// Lets the disk of the server rot: flips one bit of this text in every entry of its logs that holds
    /// it, and gives how many those were.
    pub fn rot(&mut self, text: &str) -> usize {
        self.stop_server();
        let database = rusqlite::Connection::open(self.server_dir().join("server.db")).unwrap();
        let rows: Vec<(i64, Vec<u8>)> = {
            let mut select = database.prepare("SELECT id, bytes FROM envelopes").unwrap();
            let rows = select.query_map([], |row| Ok((row.get(0)?, row.get(1)?))).unwrap();
            rows.map(Result::unwrap).collect()
        };
        let mut rotten = 0;
        for (id, mut bytes) in rows {
            if let Some(place) = bytes.windows(text.len()).position(|window| window == text.as_bytes()) {
                bytes[place] ^= 1;
                rotten += database
                    .execute("UPDATE envelopes SET bytes = ?2 WHERE id = ?1", rusqlite::params![id, bytes])
                    .unwrap();
            }
        }
        drop(database);
        self.start_server();
        rotten
    }

    /// The disk of the server loses a bit of a row, of which this number decides. Says whether there was a
    /// row.
    pub fn rot_row(&mut self, chosen: u64) -> bool {
        self.stop_server();
        let database = rusqlite::Connection::open(self.server_dir().join("server.db")).unwrap();
        let row = database.query_row(
            "SELECT rowid, bytes FROM envelopes ORDER BY rowid
             LIMIT 1 OFFSET abs(?1 % max(1, (SELECT count(*) FROM envelopes)))",
            [(chosen >> 1) as i64],
            |row| Ok((row.get::<_, i64>(0)?, row.get::<_, Vec<u8>>(1)?)),
        );
        let rotten = match row {
            Ok((id, mut bytes)) => {
                let place = (chosen >> 20) as usize % bytes.len();
                bytes[place] ^= 1 << (chosen % 8);
                database.execute("UPDATE envelopes SET bytes = ?2 WHERE rowid = ?1", (id, bytes)).unwrap() > 0
            }
            Err(_) => false,
        };
        drop(database);
        self.start_server();
        rotten
    }

    /// The disk of the server loses a file, or a bit of it, of which this number decides. Gives its name.
    pub fn lose_file(&mut self, chosen: usize) -> Option<String> {
        let mut files = Vec::new();
        for folder in fs::read_dir(self.server_dir().join("files")).ok()? {
            let Ok(entries) = fs::read_dir(folder.unwrap().path()) else { continue };
            files.extend(entries.map(|entry| entry.unwrap().path()));
        }
        files.sort();
        let file = files.get(chosen % files.len().max(1))?;
        match chosen.is_multiple_of(3) {
            true => fs::remove_file(file).unwrap(),
            false => {
                let mut bytes = fs::read(file).unwrap();
                let place = chosen % bytes.len();
                bytes[place] ^= 1;
                fs::write(file, bytes).unwrap();
            }
        }
        Some(file.file_name()?.to_str()?.to_owned())
    }
}
