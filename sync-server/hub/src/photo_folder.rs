//! The bytes of files under the data folder: `files/ab/<64 hexadecimal digits>`, and of unfinished uploads,
//! `uploads/<id>`. With a key, `seal.key`, they are sealed as a phone's are (`ruhu-seal`): a whole file as
//! `files/ab/<digits>.sealed`, an unfinished upload as a folder of sealed pieces. Each has a key of its own,
//! made of the folder's key and its name, so none can take another's place.

use std::fs::File;
use std::io::{self, Read, Seek, SeekFrom, Write};
use std::path::{Path, PathBuf};

use hkdf::Hkdf;
use ruhu_seal::{SealError, SealedReader};
use sha2::{Digest, Sha256};

use crate::error::StorageError;
use crate::identity::{self, sync_dir};
use crate::private;

/// The name of the key's file.
pub const SEAL_KEY: &str = "seal.key";
const SEALED: &str = "sealed";

/// Where the bytes of files lie.
#[derive(Clone, PartialEq, Eq)]
pub struct PhotoFolder {
    dir: PathBuf,
    key: Option<[u8; 32]>,
}

// Written by hand so that the key never reaches a log.
impl std::fmt::Debug for PhotoFolder {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.debug_struct("PhotoFolder").field("sealed", &self.key.is_some()).finish_non_exhaustive()
    }
}

/// The content of a file.
pub enum Content {
    /// As it came.
    Plain(File),
    /// Sealed.
    Sealed(Box<SealedReader<File>>),
}

impl Content {
    /// Bytes of content.
    fn size(&self) -> io::Result<u64> {
        match self {
            Content::Plain(file) => Ok(file.metadata()?.len()),
            Content::Sealed(reader) => Ok(reader.size()),
        }
    }

    /// Goes to a place in the content.
    ///
    /// # Errors
    /// Those of the system; [`io::ErrorKind::InvalidData`] when the chunk there is damaged.
    pub fn seek_to(&mut self, offset: u64) -> io::Result<()> {
        match self {
            Content::Plain(file) => file.seek(SeekFrom::Start(offset)).map(drop),
            Content::Sealed(reader) => reader.seek_to(offset).map_err(damaged),
        }
    }
}

impl Read for Content {
    fn read(&mut self, out: &mut [u8]) -> io::Result<usize> {
        match self {
            Content::Plain(file) => file.read(out),
            Content::Sealed(reader) => reader.read(out),
        }
    }
}

fn damaged(error: SealError) -> io::Error {
    match error {
        SealError::Read(kind) | SealError::Write(kind) | SealError::Source(kind) => kind.into(),
        other => io::Error::new(io::ErrorKind::InvalidData, other),
    }
}

fn storage(action: &'static str) -> impl Fn(SealError) -> StorageError {
    move |error| StorageError::io(action)(damaged(error))
}

impl PhotoFolder {
    /// The folder, with its key if it has one.
    ///
    /// # Errors
    /// [`StorageError`]: a key that cannot be read or is none.
    pub fn open(data_dir: &Path) -> Result<PhotoFolder, StorageError> {
        let key = match std::fs::read(data_dir.join(SEAL_KEY)) {
            Ok(bytes) => Some(bytes.try_into().map_err(|_| StorageError::Damaged(SEAL_KEY))?),
            Err(error) if error.kind() == io::ErrorKind::NotFound => None,
            Err(error) => return Err(StorageError::io("read seal.key")(error)),
        };
        Ok(PhotoFolder { dir: data_dir.to_owned(), key })
    }

    /// Makes the key, if there is none: what comes from now on is sealed.
    ///
    /// # Errors
    /// [`StorageError`]: the disk, no randomness.
    pub fn begin_sealing(data_dir: &Path) -> Result<(), StorageError> {
        let path = data_dir.join(SEAL_KEY);
        if path.exists() {
            return Ok(());
        }
        let key: [u8; 32] = identity::random()?;
        identity::write_private(data_dir, &path, &key)
    }

    /// Whether what comes is sealed.
    pub fn seals(&self) -> bool {
        self.key.is_some()
    }

    fn plain_path(&self, sha256: &[u8; 32]) -> PathBuf {
        let name = data_encoding::HEXLOWER.encode(sha256);
        self.dir.join("files").join(name.get(..2).unwrap_or_default()).join(name)
    }

    /// Where the bytes of a file lie: those that are sealed, if there are any.
    pub fn path(&self, sha256: &[u8; 32]) -> PathBuf {
        let plain = self.plain_path(sha256);
        let sealed = plain.with_extension(SEALED);
        if sealed.exists() { sealed } else { plain }
    }

    /// The key of something under a name that nothing else has.
    fn key_of(&self, what: &str, name: &[u8]) -> Result<[u8; 32], StorageError> {
        let key = self.key.ok_or(StorageError::Damaged(SEAL_KEY))?;
        let mut derived = [0; 32];
        // HKDF-SHA256 (RFC 5869) refuses only outputs beyond 255 hashes; this is one.
        let _ = Hkdf::<Sha256>::new(Some(b"ruhu-photo-folder-v1"), &key)
            .expand_multi_info(&[what.as_bytes(), &[0], name], &mut derived);
        Ok(derived)
    }

    /// The content of a file.
    ///
    /// # Errors
    /// [`StorageError`]: it is not there, cannot be read, or is damaged at its beginning.
    pub fn content(&self, sha256: &[u8; 32]) -> Result<Content, StorageError> {
        let path = self.path(sha256);
        let file = File::open(&path).map_err(StorageError::io("read a file"))?;
        match path.extension().is_some() {
            false => Ok(Content::Plain(file)),
            true => sealed_content(&self.key_of("file", sha256)?, file),
        }
    }

    /// How many bytes of content a file has; `None` when it is not there, or of an impossible length.
    pub fn size(&self, sha256: &[u8; 32]) -> Option<u64> {
        let path = self.path(sha256);
        let data = std::fs::metadata(&path).ok().filter(std::fs::Metadata::is_file)?;
        match path.extension().is_some() {
            false => Some(data.len()),
            true => ruhu_seal::content_bytes(data.len()).ok(),
        }
    }

    /// SHA-256 and size of a file's content, read whole.
    ///
    /// # Errors
    /// [`StorageError`]: it is not there, cannot be read, or is damaged.
    pub fn hash(&self, sha256: &[u8; 32]) -> Result<([u8; 32], u64), StorageError> {
        hash(self.content(sha256)?)
    }

    /// Whether a file, read whole, is the one of its name and has this size.
    pub fn is_intact(&self, sha256: &[u8; 32], size: u64) -> bool {
        self.hash(sha256).is_ok_and(|read| read == (*sha256, size))
    }

    /// Removes a file's bytes, if they are there.
    pub fn remove(&self, sha256: &[u8; 32]) {
        let plain = self.plain_path(sha256);
        let _ = std::fs::remove_file(plain.with_extension(SEALED));
        let _ = std::fs::remove_file(plain);
    }

    /// Seals a file that lies open. Says whether it did.
    ///
    /// # Errors
    /// [`StorageError`]: the disk, a file that is another than its name says.
    pub fn seal_plain(&self, sha256: &[u8; 32]) -> Result<bool, StorageError> {
        let plain = self.plain_path(sha256);
        let mut file = match File::open(&plain) {
            Ok(file) if self.seals() => file,
            Ok(_) => return Ok(false),
            Err(error) if error.kind() == io::ErrorKind::NotFound => return Ok(false),
            Err(error) => return Err(StorageError::io("read a file")(error)),
        };
        self.put_sealed(sha256, &mut file)?;
        Ok(true)
    }

    /// Seals what a reader gives in the place of a file, and removes what lay there open.
    fn put_sealed(&self, sha256: &[u8; 32], content: &mut dyn Read) -> Result<(), StorageError> {
        let io = StorageError::io("store a file");
        let plain = self.plain_path(sha256);
        let place = plain.with_extension(SEALED);
        let partial = plain.with_extension("sealing");
        let folder = plain.parent().ok_or(StorageError::Damaged("the files folder"))?;
        private::make_folder(folder).map_err(&io)?;
        let mut options = private::options();
        let mut file = options.create(true).truncate(true).write(true).open(&partial).map_err(&io)?;
        let sealed = ruhu_seal::seal(&self.key_of("file", sha256)?, content, &mut file);
        let sealed = sealed.map_err(storage("store a file"))?;
        if sealed.sha256 != *sha256 {
            let _ = std::fs::remove_file(&partial);
            return Err(StorageError::Damaged("a file"));
        }
        file.sync_all().map_err(&io)?;
        std::fs::rename(&partial, &place).map_err(&io)?;
        sync_dir(folder)?;
        match std::fs::remove_file(&plain) {
            Err(error) if error.kind() != io::ErrorKind::NotFound => Err(io(error)),
            _ => Ok(()),
        }
    }

    // ---- unfinished uploads ----

    fn upload(&self, id: &str) -> PathBuf {
        self.dir.join("uploads").join(id)
    }

    fn piece(&self, id: &str, offset: u64) -> PathBuf {
        self.upload(id).join(offset.to_string())
    }

    fn piece_key(&self, id: &str, offset: u64) -> Result<[u8; 32], StorageError> {
        self.key_of("upload", format!("{id}/{offset}").as_bytes())
    }

    /// Puts bytes of an upload onto the disk, where it stands. What lies there from a write that was never
    /// recorded is overwritten.
    pub(crate) fn write(&self, id: &str, offset: u64, bytes: &[u8]) -> Result<(), StorageError> {
        if self.seals() && !self.upload(id).is_file() {
            return self.write_piece(id, offset, bytes);
        }
        let io = StorageError::io("write an upload");
        private::make_folder(&self.dir.join("uploads")).map_err(&io)?;
        let mut options = private::options();
        let mut file = options.create(true).truncate(false).write(true).open(self.upload(id)).map_err(&io)?;
        file.seek(SeekFrom::Start(offset)).map_err(&io)?;
        file.write_all(bytes).map_err(&io)?;
        file.set_len(offset + bytes.len() as u64).map_err(&io)?;
        file.sync_all().map_err(&io)
    }

    fn write_piece(&self, id: &str, offset: u64, bytes: &[u8]) -> Result<(), StorageError> {
        let io = StorageError::io("write an upload");
        if bytes.is_empty() {
            return Ok(());
        }
        private::make_folder(&self.upload(id)).map_err(&io)?;
        let place = self.piece(id, offset);
        let partial = place.with_extension("sealing");
        let mut options = private::options();
        let mut file = options.create(true).truncate(true).write(true).open(&partial).map_err(&io)?;
        let key = self.piece_key(id, offset)?;
        ruhu_seal::seal(&key, &mut &*bytes, &mut file).map_err(storage("write an upload"))?;
        file.sync_all().map_err(&io)?;
        std::fs::rename(&partial, &place).map_err(&io)?;
        sync_dir(&self.upload(id))
    }

    /// How many bytes of an upload lie on the disk, from its beginning and without a gap.
    pub(crate) fn uploaded(&self, id: &str) -> u64 {
        let upload = self.upload(id);
        if !upload.is_dir() {
            return std::fs::metadata(&upload).map_or(0, |data| data.len());
        }
        let mut end = 0;
        while let Ok(data) = std::fs::metadata(self.piece(id, end)) {
            match ruhu_seal::content_bytes(data.len()) {
                Ok(size) if size > 0 => end += size,
                _ => break,
            }
        }
        end
    }

    /// The bytes of an upload, from its beginning, at most so many.
    fn uploaded_content(&self, id: &str, size: u64) -> Result<Box<dyn Read>, StorageError> {
        let upload = self.upload(id);
        if !upload.is_dir() {
            let file = File::open(upload).map_err(StorageError::io("read a file"))?;
            return Ok(Box::new(file));
        }
        let (mut all, mut end): (Box<dyn Read>, u64) = (Box::new(io::empty()), 0);
        while end < size {
            let file = File::open(self.piece(id, end)).map_err(StorageError::io("read a file"))?;
            let content = sealed_content(&self.piece_key(id, end)?, file)?;
            end += content.size().map_err(StorageError::io("read a file"))?.max(1);
            all = Box::new(all.chain(content));
        }
        Ok(all)
    }

    /// SHA-256 and size of what an upload brought.
    pub(crate) fn hash_upload(&self, id: &str, size: u64) -> Result<([u8; 32], u64), StorageError> {
        hash(self.uploaded_content(id, size)?)
    }

    /// Puts what an upload brought in the place of its file, over what may lie there.
    pub(crate) fn put_in_place(&self, id: &str, sha256: &[u8; 32], size: u64) -> Result<(), StorageError> {
        let io = StorageError::io("store a file");
        if self.seals() {
            self.put_sealed(sha256, &mut *self.uploaded_content(id, size)?)?;
            self.forget_upload(id);
            return Ok(());
        }
        let place = self.plain_path(sha256);
        let folder = place.parent().ok_or(StorageError::Damaged("the files folder"))?;
        private::make_folder(folder).map_err(&io)?;
        std::fs::rename(self.upload(id), &place).map_err(&io)?;
        sync_dir(folder)?;
        sync_dir(&self.dir.join("files"))
    }

    /// Removes what an upload brought.
    pub(crate) fn forget_upload(&self, id: &str) {
        let upload = self.upload(id);
        let _ = match upload.is_dir() {
            true => std::fs::remove_dir_all(upload),
            false => std::fs::remove_file(upload),
        };
    }
}

fn sealed_content(key: &[u8; 32], file: File) -> Result<Content, StorageError> {
    let reader = SealedReader::new(key, file).map_err(storage("read a file"))?;
    Ok(Content::Sealed(Box::new(reader)))
}

fn hash(mut content: impl Read) -> Result<([u8; 32], u64), StorageError> {
    let io = StorageError::io("read a file");
    let (mut hash, mut size, mut buffer) = (Sha256::new(), 0, vec![0; 256 * 1024]);
    loop {
        let count = content.read(&mut buffer).map_err(&io)?;
        let Some(read) = buffer.get(..count).filter(|read| !read.is_empty()) else {
            return Ok((hash.finalize().into(), size));
        };
        hash.update(read);
        size += count as u64;
    }
}
