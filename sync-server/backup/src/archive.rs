//! Writing and reading the tar archives of backups.

use std::fs::File;
use std::io::{BufReader, BufWriter, Read, Write};
use std::path::{Path, PathBuf};

use ruhu_hub::identity::sync_dir;
use ruhu_hub::private;
use ruhu_hub::{PhotoFolder, StorageError};
use sha2::{Digest, Sha256};
use tar::{Archive, Builder, EntryType, Header};

use crate::error::BackupError;
use crate::manifest::{Kind, MANIFEST, Manifest, Part, Photos, VERSION, folder_of};

const PHOTOS: &str = "files/";
const SEALED: &str = ".sealed";
/// A manifest of a few parts and of the photos that lacked.
const MANIFEST_BYTES: u64 = 64 * 1024 * 1024;
const PIECE: usize = 256 * 1024;

/// An archive in the making: beside its place, under a name of its own, until it is whole.
pub(super) struct ArchiveWriter {
    builder: Builder<BufWriter<File>>,
    partial: PathBuf,
    place: PathBuf,
    made_at_ms: i64,
    parts: Vec<Part>,
    photos: Photos,
    names: Sha256,
}

impl ArchiveWriter {
    /// Begins an archive. What an earlier attempt left half-made is written over.
    pub fn begin(place: &Path, made_at_ms: i64) -> Result<ArchiveWriter, BackupError> {
        let partial = beside(place, ".partial");
        let mut options = private::options();
        let file = options
            .write(true)
            .create(true)
            .truncate(true)
            .open(&partial)
            .map_err(StorageError::io("write the backup"))?;
        let builder = Builder::new(BufWriter::with_capacity(PIECE, file));
        let (place, parts) = (place.to_owned(), Vec::new());
        let (photos, names) = (Photos::default(), Sha256::new());
        Ok(ArchiveWriter { builder, partial, place, made_at_ms, parts, photos, names })
    }

    /// Adds a part under its name.
    pub fn part(&mut self, name: &str, file: &Path) -> Result<(), BackupError> {
        let (sha256, size) = hash(File::open(file).map_err(StorageError::io("read a part of the backup"))?)?;
        self.append(name, size, file)?;
        self.parts.push(Part { name: name.to_owned(), size, sha256: hex(&sha256) });
        Ok(())
    }

    /// Adds a photo, when its content is that of its name; sealed as it lies in the folder. Says whether it is.
    pub fn photo(&mut self, sha256: &[u8; 32], size: u64, folder: &PhotoFolder) -> Result<bool, BackupError> {
        // A server that runs may seal it between the two.
        for _ in 0..2 {
            let path = folder.path(sha256);
            if !folder.is_intact(sha256, size) {
                continue;
            }
            let Some((raw, length)) = File::open(&path).ok().and_then(|file| hash(file).ok()) else {
                continue;
            };
            let sealed = path.extension().is_some();
            let name = photo_name(sha256, sealed);
            self.append(&name, length, &path)?;
            self.photos.take(&mut self.names, &name, sealed.then_some(raw), length);
            return Ok(true);
        }
        Ok(false)
    }

    fn append(&mut self, name: &str, size: u64, file: &Path) -> Result<(), BackupError> {
        let file = File::open(file).map_err(StorageError::io("read a part of the backup"))?;
        self.append_bytes(name, size, file.take(size))
    }

    fn append_bytes(&mut self, name: &str, size: u64, bytes: impl Read) -> Result<(), BackupError> {
        let mut header = Header::new_gnu();
        header.set_size(size);
        header.set_mode(0o600);
        header.set_mtime(u64::try_from(self.made_at_ms / 1_000).unwrap_or(0));
        let written = self.builder.append_data(&mut header, name, bytes);
        Ok(written.map_err(StorageError::io("write the backup"))?)
    }

    /// Writes down what belongs to it, and puts it onto the disk. It is not in its place yet.
    pub fn end(
        mut self,
        kind: Kind,
        server_key: &[u8; 32],
        lacking: Vec<String>,
    ) -> Result<Written, BackupError> {
        let photos =
            Photos { names: hex(&self.names.clone().finalize()), ..std::mem::take(&mut self.photos) };
        let manifest = Manifest {
            version: VERSION,
            kind,
            made_at_ms: self.made_at_ms,
            server_key: hex(server_key),
            parts: std::mem::take(&mut self.parts),
            photos,
            lacking,
        };
        let text = serde_json::to_vec_pretty(&manifest).map_err(|_| BackupError::NotWhole)?;
        self.append_bytes(MANIFEST, text.len() as u64, text.as_slice())?;
        let io = StorageError::io("write the backup");
        let mut file = self.builder.into_inner().map_err(&io)?;
        file.flush().map_err(&io)?;
        file.get_ref().sync_all().map_err(&io)?;
        Ok(Written { manifest, partial: self.partial, place: self.place })
    }
}

/// An archive that is written, and not in its place yet.
pub(super) struct Written {
    pub manifest: Manifest,
    pub partial: PathBuf,
    place: PathBuf,
}

impl Written {
    /// Puts it into its place. What was there under its name is gone only now.
    pub fn publish(self) -> Result<Manifest, BackupError> {
        std::fs::rename(&self.partial, &self.place).map_err(StorageError::io("write the backup"))?;
        sync_dir(folder_of(&self.place))?;
        Ok(self.manifest)
    }
}

/// What reading an archive does with its parts.
pub(super) trait Take {
    /// The place of a part, or nothing where its bytes are only looked at. Its name is one of a backup.
    fn place(&self, name: &str) -> Option<PathBuf>;
}

/// Reads an archive to its end, and holds every part against its hash. Nothing that it names is
/// trusted: a part of another name than those of a backup ends it.
pub(super) fn read(
    file: &Path,
    kind: Kind,
    names: &[&str],
    take: &dyn Take,
    tell: &mut dyn FnMut(u64, u64),
) -> Result<Manifest, BackupError> {
    let open = File::open(file).map_err(StorageError::io("read the backup"))?;
    let of = open.metadata().map_err(StorageError::io("read the backup"))?.len();
    let mut archive = Archive::new(BufReader::with_capacity(PIECE, open));
    let (mut parts, mut photos, mut order) = (Vec::new(), Photos::default(), Sha256::new());
    for entry in archive.entries().map_err(|_| BackupError::NotABackup)? {
        let mut entry = entry.map_err(|_| BackupError::NotWhole)?;
        let name = name_of(&entry).ok_or(BackupError::NotABackup)?;
        if name == MANIFEST {
            let mut text = String::new();
            entry.take(MANIFEST_BYTES).read_to_string(&mut text).map_err(|_| BackupError::NotWhole)?;
            let photos = Photos { names: hex(&order.finalize()), ..photos };
            return fitting(&text, kind, &parts, &photos);
        }
        let photo = photo_of(&name).filter(|_| kind == Kind::Backup);
        if photo.is_none() && !names.contains(&name.as_str()) {
            return Err(BackupError::NotABackup);
        }
        let begin = entry.raw_file_position();
        let (sha256, size) = copy(&mut entry, take.place(&name).as_deref())?;
        tell(begin + size, of);
        match photo {
            // Whether a sealed one is what its name says, its key tells.
            Some((_, true)) => photos.take(&mut order, &name, Some(sha256), size),
            Some((named, false)) if named == sha256 => photos.take(&mut order, &name, None, size),
            Some(_) => return Err(BackupError::Damaged { part: name }),
            None => parts.push(Part { name, size, sha256: hex(&sha256) }),
        }
    }
    Err(BackupError::NotWhole)
}

/// The manifest, if what was read is what it says.
fn fitting(text: &str, kind: Kind, parts: &[Part], photos: &Photos) -> Result<Manifest, BackupError> {
    let manifest: Manifest = serde_json::from_str(text).map_err(|_| BackupError::NotABackup)?;
    if manifest.version > VERSION {
        return Err(BackupError::Newer { found: manifest.version });
    }
    if manifest.kind != kind {
        return Err(BackupError::OtherKind);
    }
    let other = parts.iter().find(|part| !manifest.parts.contains(part));
    match other {
        Some(part) => Err(BackupError::Damaged { part: part.name.clone() }),
        None if parts.len() != manifest.parts.len() => Err(BackupError::NotWhole),
        None if *photos != manifest.photos => Err(BackupError::Damaged { part: "files".to_owned() }),
        None => Ok(manifest),
    }
}

fn name_of(entry: &tar::Entry<'_, impl Read>) -> Option<String> {
    let plain = entry.header().entry_type() == EntryType::Regular;
    let name = String::from_utf8(entry.path_bytes().into_owned()).ok()?;
    plain.then_some(name)
}

fn photo_name(sha256: &[u8; 32], sealed: bool) -> String {
    let name = hex(sha256);
    format!("{PHOTOS}{}/{name}{}", name.get(..2).unwrap_or_default(), if sealed { SEALED } else { "" })
}

/// The SHA-256 that a photo's name says, and whether it is sealed.
pub(super) fn photo_of(name: &str) -> Option<([u8; 32], bool)> {
    let digits = name.strip_prefix(PHOTOS)?.get(3..)?;
    let sealed = digits.ends_with(SEALED);
    let digits = digits.strip_suffix(SEALED).unwrap_or(digits);
    let sha256 = data_encoding::HEXLOWER.decode(digits.as_bytes()).ok()?.try_into().ok()?;
    (photo_name(&sha256, sealed) == name).then_some((sha256, sealed))
}

impl Photos {
    /// Counts a photo; of a sealed one the bytes count too, for its name tells of its content only.
    fn take(&mut self, names: &mut Sha256, name: &str, raw: Option<[u8; 32]>, size: u64) {
        self.count += 1;
        self.bytes += size;
        names.update(name.as_bytes());
        raw.iter().for_each(|raw| names.update(raw));
    }
}

fn hash(file: impl Read) -> Result<([u8; 32], u64), BackupError> {
    pour(file, &mut std::io::sink())
}

/// Copies a part to its place, or only reads it, and gives its hash and size.
fn copy(bytes: impl Read, place: Option<&Path>) -> Result<([u8; 32], u64), BackupError> {
    let Some(place) = place else { return pour(bytes, &mut std::io::sink()) };
    let io = StorageError::io("write the data folder");
    private::make_folder(folder_of(place)).map_err(&io)?;
    let mut file = private::options().write(true).create_new(true).open(place).map_err(&io)?;
    let poured = pour(bytes, &mut file)?;
    file.sync_all().map_err(&io)?;
    Ok(poured)
}

fn pour(mut from: impl Read, to: &mut impl Write) -> Result<([u8; 32], u64), BackupError> {
    let (mut digest, mut size, mut piece) = (Sha256::new(), 0, vec![0; PIECE]);
    loop {
        let count = from.read(&mut piece).map_err(|_| BackupError::NotWhole)?;
        let Some(read) = piece.get(..count).filter(|read| !read.is_empty()) else {
            return Ok((digest.finalize().into(), size));
        };
        to.write_all(read).map_err(StorageError::io("write a part of the backup"))?;
        digest.update(read);
        size += count as u64;
    }
}

/// The name beside a file, with something at its end.
pub(super) fn beside(file: &Path, end: &str) -> PathBuf {
    let mut name = file.as_os_str().to_owned();
    name.push(end);
    name.into()
}

pub(super) fn hex(bytes: &[u8]) -> String {
    data_encoding::HEXLOWER.encode(bytes)
}
