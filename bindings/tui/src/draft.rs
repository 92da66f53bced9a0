//! The draft on the disk: one line of JSON for each entry, flushed to the disk before the next key
//! is handled.
//!
//! The first line says which form it is and in which environment it was begun; each line after it is
//! a [`Record`]. Lines are only ever added. A last line that was cut (power failed while it was
//! written) is put into a file of its own beside the draft when the draft is opened again.

use std::ffi::OsString;
use std::fs::{self, File, OpenOptions, TryLockError};
use std::io::{self, ErrorKind, Read, Seek, SeekFrom, Write};
use std::path::{Path, PathBuf};

use etcetera::BaseStrategy;
use ruhu_form::{Environment, Form, JournalEntry};
use serde::{Deserialize, Serialize};

use super::draft_error::DraftError;

/// The version of the format that this program writes; it reads this one alone.
const FORMAT: u32 = 1;
/// The largest draft that is read, in bytes: some hundred thousand entries.
const MAX_BYTES: u64 = 64 * 1024 * 1024;
/// How many cut lines may lie beside one draft before a person should look.
const MAX_CUTS: u32 = 1000;

/// The first line.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
struct Header {
    /// The version of the format.
    ruhu_draft: u32,
    /// The form's id.
    form: String,
    /// The form's version.
    version: String,
    /// The environment the session began with.
    begun: Environment,
}

/// One accepted entry, with the environment it was made in.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Record {
    /// When it was made.
    pub environment: Environment,
    /// What it was.
    pub entry: JournalEntry,
}

/// A draft that is open, and held against other terminals.
#[derive(Debug)]
pub struct Draft {
    file: File,
    path: PathBuf,
    /// Bytes that are known to be on the disk.
    good: u64,
    /// Lines that are not.
    unsaved: Vec<u8>,
    /// How many entries it holds.
    entries: usize,
}

/// What a draft held when it was opened again.
#[derive(Debug)]
pub struct Reopened {
    /// The draft, ready for more.
    pub draft: Draft,
    /// The version of the form it was begun with.
    pub version: String,
    /// The environment it was begun in.
    pub begun: Environment,
    /// Its entries, oldest first.
    pub records: Vec<Record>,
    /// Where a cut last line was put.
    pub set_aside: Option<PathBuf>,
}

impl Draft {
    /// Begins a draft at `path`, where nothing may be yet.
    ///
    /// # Errors
    /// [`DraftError::Write`]; also when a file is there already.
    pub fn begin(path: &Path, form: &Form, begun: Environment) -> Result<Draft, DraftError> {
        let folder = match path.parent() {
            Some(parent) if !parent.as_os_str().is_empty() => parent,
            _ => Path::new("."),
        };
        let made = tempfile::NamedTempFile::new_in(folder)?;
        Draft::write_header(made, form, begun, |made| {
            made.persist_noclobber(path).map(|file| (file, path.to_owned())).map_err(|error| error.error)
        })
    }

    /// Begins a draft in the folder where programs of this user keep their state.
    ///
    /// # Errors
    /// [`DraftError::NoHome`], [`DraftError::Write`].
    pub fn begin_in_state(form: &Form, begun: Environment) -> Result<Draft, DraftError> {
        let folder = state_folder().ok_or(DraftError::NoHome)?;
        fs::create_dir_all(&folder)?;
        let plain = |c: char| if c.is_alphanumeric() || matches!(c, '_' | '-') { c } else { '_' };
        let id: String = form.id().chars().take(40).map(plain).collect();
        let made = tempfile::Builder::new().prefix(&format!("{id}-")).suffix(".jsonl").tempfile_in(folder)?;
        Draft::write_header(made, form, begun, |made| made.keep().map_err(|error| error.error))
    }

    /// The file has its whole header before it has its name.
    fn write_header(
        mut made: tempfile::NamedTempFile,
        form: &Form,
        begun: Environment,
        name: impl FnOnce(tempfile::NamedTempFile) -> io::Result<(File, PathBuf)>,
    ) -> Result<Draft, DraftError> {
        let header =
            Header { ruhu_draft: FORMAT, form: form.id().into(), version: form.version().into(), begun };
        let line = line_of(&header)?;
        made.write_all(&line)?;
        made.as_file().sync_all()?;
        lock(made.as_file())?;
        let (file, path) = name(made)?;
        sync_folder(&path)?;
        Ok(Draft { file, path, good: line.len() as u64, unsaved: Vec::new(), entries: 0 })
    }

    /// Opens a draft again; none when there is no such file.
    ///
    /// # Errors
    /// See [`DraftError`]; the file is as it was then.
    pub fn open(path: &Path, form: &Form) -> Result<Option<Reopened>, DraftError> {
        let mut file = match OpenOptions::new().read(true).write(true).open(path) {
            Ok(file) => file,
            Err(error) if error.kind() == ErrorKind::NotFound => return Ok(None),
            Err(error) => return Err(DraftError::Read(error.kind())),
        };
        lock(&file)?;
        let mut bytes = Vec::new();
        let read_all = (&mut file).take(MAX_BYTES + 1).read_to_end(&mut bytes);
        read_all.map_err(|error| DraftError::Read(error.kind()))?;
        if bytes.len() as u64 > MAX_BYTES {
            return Err(DraftError::TooLarge);
        }
        let read = read(&bytes)?;
        if read.header.form != form.id() {
            return Err(DraftError::OtherForm { form: read.header.form });
        }
        let entries = read.records.len();
        let set_aside = (!read.cut.is_empty()).then(|| set_aside(path, read.cut)).transpose()?;
        let mut draft =
            Draft { file, path: path.to_owned(), good: read.good as u64, unsaved: Vec::new(), entries };
        if set_aside.is_some() || read.lacks_end {
            draft.unsaved.extend(read.lacks_end.then_some(b'\n'));
            draft.flush().map_err(DraftError::Write)?;
        }
        let Header { version, begun, .. } = read.header;
        Ok(Some(Reopened { draft, version, begun, records: read.records, set_aside }))
    }

    /// The file.
    pub fn path(&self) -> &Path {
        &self.path
    }

    /// Adds an entry; it is on the disk when this returns. After a failure it is kept in memory, and
    /// [`Draft::flush`] tries again.
    ///
    /// # Errors
    /// Why it is not on the disk.
    pub fn append(&mut self, record: &Record) -> Result<(), ErrorKind> {
        let line = line_of(record).map_err(|error| error.kind())?;
        self.unsaved.extend(line);
        self.entries += 1;
        self.flush()
    }

    /// Whether nothing was entered.
    pub fn is_empty(&self) -> bool {
        self.entries == 0
    }

    /// Writes what is not on the disk yet.
    ///
    /// # Errors
    /// Why it could not be.
    pub fn flush(&mut self) -> Result<(), ErrorKind> {
        self.try_flush().map_err(|error| error.kind())
    }

    fn try_flush(&mut self) -> io::Result<()> {
        // A part of a line may be there from a write that failed.
        self.file.set_len(self.good)?;
        self.file.seek(SeekFrom::Start(self.good))?;
        self.file.write_all(&self.unsaved)?;
        self.file.sync_data()?;
        self.good += self.unsaved.len() as u64;
        self.unsaved.clear();
        Ok(())
    }

    /// Takes an empty draft off the disk.
    ///
    /// # Errors
    /// Why it is still there.
    pub fn discard(self) -> Result<(), ErrorKind> {
        fs::remove_file(&self.path).map_err(|error| error.kind())
    }
}

/// What a draft's bytes say.
#[derive(Debug)]
struct ReadDraft<'a> {
    header: Header,
    records: Vec<Record>,
    /// Bytes of the lines that could be read.
    good: usize,
    /// A last line that could not.
    cut: &'a [u8],
    /// Whether the last good line wants its line end.
    lacks_end: bool,
}

fn read(bytes: &[u8]) -> Result<ReadDraft<'_>, DraftError> {
    let mut lines = bytes.split_inclusive(|byte| *byte == b'\n');
    let first = lines.next().filter(|line| line.ends_with(b"\n")).ok_or(DraftError::NotADraft)?;
    let header: Header = serde_json::from_slice(first).map_err(|_| DraftError::NotADraft)?;
    if header.ruhu_draft != FORMAT {
        return Err(DraftError::OtherFormat { format: header.ruhu_draft });
    }
    let mut read = ReadDraft { header, records: Vec::new(), good: first.len(), cut: &[], lacks_end: false };
    while let Some(line) = lines.next() {
        match serde_json::from_slice(line) {
            Ok(record) => {
                read.records.push(record);
                read.good += line.len();
                read.lacks_end = !line.ends_with(b"\n");
            }
            Err(_) if lines.next().is_none() => read.cut = line,
            Err(_) => return Err(DraftError::Line { line: read.records.len() + 2 }),
        }
    }
    Ok(read)
}

fn line_of<T: Serialize>(value: &T) -> io::Result<Vec<u8>> {
    let mut line = serde_json::to_vec(value)?;
    line.push(b'\n');
    Ok(line)
}

/// Keeps the bytes of a cut line in a file of their own: `DRAFT.cut-1`, `DRAFT.cut-2`, ...
fn set_aside(draft: &Path, cut: &[u8]) -> Result<PathBuf, DraftError> {
    for number in 1..=MAX_CUTS {
        let mut name: OsString = draft.as_os_str().to_owned();
        name.push(format!(".cut-{number}"));
        let path = PathBuf::from(name);
        match private().create_new(true).open(&path) {
            Ok(mut file) => {
                file.write_all(cut)?;
                file.sync_all()?;
                sync_folder(&path)?;
                return Ok(path);
            }
            Err(error) if error.kind() == ErrorKind::AlreadyExists => {}
            Err(error) => return Err(error.into()),
        }
    }
    Err(DraftError::Write(ErrorKind::AlreadyExists))
}

/// For files that hold answers: nobody else on this machine may read them.
pub fn private() -> OpenOptions {
    let mut options = OpenOptions::new();
    options.write(true);
    #[cfg(unix)]
    std::os::unix::fs::OpenOptionsExt::mode(&mut options, 0o600);
    options
}

/// Two terminals must not write one draft. A file system without locks is used without.
fn lock(file: &File) -> Result<(), DraftError> {
    match file.try_lock() {
        Err(TryLockError::WouldBlock) => Err(DraftError::InUse),
        Ok(()) | Err(TryLockError::Error(_)) => Ok(()),
    }
}

/// A new name is safe when its folder is on the disk; systems other than Unix have no such call.
fn sync_folder(path: &Path) -> io::Result<()> {
    match path.parent() {
        Some(folder) if cfg!(unix) && !folder.as_os_str().is_empty() => File::open(folder)?.sync_all(),
        _ => Ok(()),
    }
}

fn state_folder() -> Option<PathBuf> {
    let strategy = etcetera::choose_base_strategy().ok()?;
    Some(strategy.state_dir().unwrap_or_else(|| strategy.data_dir()).join("ruhu").join("drafts"))
}

#[cfg(test)]
mod tests {
    use super::*;

    const HEADER: &str =
        r#"{"ruhu_draft":1,"form":"f","version":"1","begun":{"now_ms":1,"utc_offset_minutes":480,"seed":7}}"#;
    const ANSWER: &str = r#"{"environment":{"now_ms":2,"utc_offset_minutes":480,"seed":7},"entry":{"answer":{"path":"/f/a","value":"陈大河"}}}"#;

    #[test]
    fn a_line_that_lacks_only_its_end_is_kept() {
        let text = format!("{HEADER}\n{ANSWER}");
        let read = read(text.as_bytes()).unwrap();
        assert_eq!((read.records.len(), read.good, read.lacks_end), (1, text.len(), true));
    }

    #[test]
    fn a_cut_last_line_is_told_from_the_good_ones_wherever_it_was_cut() {
        let whole = format!("{HEADER}\n{ANSWER}\n");
        for cut in 1..ANSWER.len() {
            let bytes = [whole.as_bytes(), &ANSWER.as_bytes()[..cut]].concat();
            let read = read(&bytes).unwrap();
            assert_eq!((read.records.len(), read.good, read.cut.len()), (1, whole.len(), cut));
        }
    }

    #[test]
    fn damage_in_the_middle_is_named_by_its_line() {
        let text = format!("{HEADER}\n{ANSWER}\n{{damaged\n{ANSWER}\n");
        assert!(matches!(read(text.as_bytes()), Err(DraftError::Line { line: 3 })));
    }

    #[test]
    fn another_file_is_not_taken_for_a_draft() {
        for text in ["", "\n", "{}\n", "<xml/>\n", HEADER, &ANSWER.repeat(3)] {
            assert!(matches!(read(text.as_bytes()), Err(DraftError::NotADraft)), "{text}");
        }
        let newer = HEADER.replace(":1,\"form\"", ":2,\"form\"");
        let error = read(format!("{newer}\n").as_bytes()).unwrap_err();
        assert!(matches!(error, DraftError::OtherFormat { format: 2 }), "{error:?}");
    }

    #[test]
    fn what_a_full_disk_left_of_a_line_is_written_over_when_there_is_room_again() {
        let folder = tempfile::tempdir().unwrap();
        let path = folder.path().join("draft.jsonl");
        let record: Record = serde_json::from_str(ANSWER).unwrap();
        fs::write(&path, format!("{HEADER}\n")).unwrap();
        let room = OpenOptions::new().read(true).write(true).open(&path).unwrap();
        let good = room.metadata().unwrap().len();
        let full = File::open(&path).unwrap();
        let mut draft = Draft { file: full, path: path.clone(), good, unsaved: Vec::new(), entries: 0 };
        assert!(draft.append(&record).is_err(), "a file that may only be read is as good as full");
        fs::write(&path, format!("{HEADER}\n{}", &ANSWER[..40])).unwrap();
        draft.file = room;
        draft.append(&record).unwrap();
        assert_eq!(fs::read_to_string(&path).unwrap(), format!("{HEADER}\n{ANSWER}\n{ANSWER}\n"));
    }

    proptest::proptest! {
        #[test]
        fn whatever_stands_behind_a_good_line_the_line_is_read_or_the_damage_is_named(
            tail in proptest::collection::vec(proptest::prelude::any::<u8>(), 0..200),
        ) {
            let text = [format!("{HEADER}\n{ANSWER}\n").as_bytes(), &tail].concat();
            match read(&text) {
                Ok(read) => {
                    proptest::prop_assert_eq!(read.records.len(), 1);
                    proptest::prop_assert_eq!(read.good + read.cut.len(), text.len(), "no byte is passed over");
                }
                Err(DraftError::Line { line }) => proptest::prop_assert!(line >= 3),
                Err(other) => return Err(proptest::test_runner::TestCaseError::fail(other.to_string())),
            }
        }
    }
}
