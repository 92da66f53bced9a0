//! Who lacks which photo: what this device holds is held against the server after it was restored or
//! lost files, and what this device wants is asked for all at once.

use ruhu_case::DocId;
use ruhu_store::StoreError;
use ruhu_sync::files::{
    DurableFile, FILES_ASKED, FILES_BYTES, FileUse, FilesAnswer, FilesMark, FilesQuestion, FilesState, named,
};
use ruhu_sync::{FileReceipt, codec, engine::EngineError};
use ruhu_text::Explain;

use crate::device::Device;
use crate::error::DeviceError;
use crate::sync_run::{SyncRun, expect_success};
use ruhu_sync::report::ItemFault;

/// The marks of the server's files when they were last compared.
const CAME: &str = "server/files_came";
const LOST: &str = "server/files_lost";
const DURABLE: &str = "server/files_durable";
const NOT_FOUND: u16 = 404;
/// Files named in one question.
const ASKED: u32 = FILES_ASKED as u32;

impl SyncRun<'_> {
    /// Compares files with the server where its marks say that something may have changed. When the
    /// server said nothing of its files, only those it was never asked for are asked for.
    pub(crate) async fn compare_files(&mut self, state: Option<FilesState>) -> Result<(), DeviceError> {
        match self.try_compare(state).await {
            Err(error) if error.ends_the_run() => Err(error),
            Err(error) => {
                tracing::warn!(code = error.code(), "files were not compared");
                self.report.files_failed.push(ItemFault::new("", &error));
                Ok(())
            }
            Ok(()) => Ok(()),
        }
    }

    async fn try_compare(&mut self, state: Option<FilesState>) -> Result<(), DeviceError> {
        let mut lost = false;
        if let Some(state) = state {
            let before = self.device.files_mark(LOST)?;
            lost = before.is_some_and(|before| before != state.lost) || state.lacks_latest;
            if lost || before.is_none() {
                self.compare_held().await?;
            }
        }
        if let Some(durable) = state.and_then(|state| state.durable)
            && self.device.files_mark(DURABLE)? != Some(durable)
            && self.ask_durable().await?
        {
            self.device.set_files_mark(DURABLE, durable)?;
        }
        let came = match state {
            Some(state) => self.device.files_mark(CAME)? != Some(state.came),
            None => false,
        };
        self.ask_for_wanted(!came && !lost).await?;
        match state {
            Some(state) => self.device.set_files_marks(state),
            None => Ok(()),
        }
    }

    /// Asks which of the files that are here and on the server are in a second place, and keeps the
    /// receipts. `false` of a server that does not know the question.
    async fn ask_durable(&mut self) -> Result<bool, DeviceError> {
        let mut after = 0;
        loop {
            let uses = self.device.store.read::<_, StoreError>(|tx| tx.uses_not_durable(after, ASKED))?;
            let Some(last) = uses.last() else { return Ok(true) };
            after = last.id;
            let held: Vec<FileUse> = uses.iter().map(|file| FileUse::new(file.sha256, file.doc)).collect();
            let question = FilesQuestion::new(&held, &[]).asking_durable();
            let Some(answer) = self.ask(&question).await? else { return Ok(false) };
            let server = self.device.identity().enrolled()?.server;
            let receipt = |file: &DurableFile| {
                let named = uses.get(usize::try_from(file.number).ok()?)?;
                Some(file.receipt(named.sha256, named.size)).filter(|receipt| receipt.is_signed_by(&server))
            };
            let receipts: Vec<FileReceipt> = answer.durable.iter().flatten().filter_map(receipt).collect();
            self.device.store.write::<_, StoreError>(|tx| {
                receipts.iter().try_for_each(|one| tx.set_file_durable(&one.sha256, &one.to_bytes()))
            })?;
        }
    }

    /// Asks which of the files that are here the server lacks: they are given again.
    async fn compare_held(&mut self) -> Result<(), DeviceError> {
        let mut after = 0;
        loop {
            let uses = self.device.store.read::<_, StoreError>(|tx| tx.told_uses(after, ASKED))?;
            let Some((last, ..)) = uses.last() else { return Ok(()) };
            after = *last;
            let held: Vec<FileUse> =
                uses.iter().map(|(_, sha256, doc)| FileUse::new(*sha256, *doc)).collect();
            let Some(answer) = self.ask(&FilesQuestion::new(&held, &[])).await? else { return Ok(()) };
            let lacking: Vec<([u8; 32], DocId)> =
                named(&held, &answer.lacking).iter().map(|file| (file.sha256, file.doc())).collect();
            if !lacking.is_empty() {
                tracing::warn!(files = lacking.len(), "the server lacks files that it had");
            }
            self.device.store.write::<_, StoreError>(|tx| {
                lacking.iter().try_for_each(|(sha256, doc)| tx.give_file_again(sha256, doc))
            })?;
        }
    }

    /// Asks which of the files that are not here the server has.
    async fn ask_for_wanted(&mut self, unasked_only: bool) -> Result<(), DeviceError> {
        let mut after = [0; 32];
        loop {
            let wanted =
                self.device.store.read::<_, StoreError>(|tx| tx.wanted_files(&after, unasked_only, ASKED))?;
            let Some(last) = wanted.last() else { return Ok(()) };
            after = *last;
            let there = match self.ask(&FilesQuestion::new(&[], &wanted)).await? {
                Some(answer) => named(&wanted, &answer.there),
                // An older server is asked for each by itself.
                None => wanted.clone(),
            };
            self.report.files_lacking += self.device.note_there(&wanted, &there)?;
        }
    }

    /// The answer; `None` of a server that does not know the question.
    async fn ask(&mut self, question: &FilesQuestion) -> Result<Option<FilesAnswer>, DeviceError> {
        let request = self.device.signed("POST", "/v1/files/compare".into(), codec::to_cbor(question))?;
        let answer = self.send(request, FILES_BYTES).await?;
        if answer.status == NOT_FOUND || answer.status == 405 {
            return Ok(None);
        }
        let answer = expect_success(answer)?;
        Ok(Some(codec::from_cbor(&answer.body).map_err(EngineError::from)?))
    }
}

impl Device {
    fn files_mark(&self, name: &str) -> Result<Option<FilesMark>, DeviceError> {
        let mark = self.store.read(|tx| tx.meta(name))?;
        Ok(mark.and_then(|bytes| bytes.try_into().ok()).map(FilesMark))
    }

    fn set_files_marks(&self, state: FilesState) -> Result<(), DeviceError> {
        for (name, mark) in [(CAME, state.came), (LOST, state.lost)] {
            if self.files_mark(name)? != Some(mark) {
                self.set_files_mark(name, mark)?;
            }
        }
        Ok(())
    }

    fn set_files_mark(&self, name: &str, mark: FilesMark) -> Result<(), DeviceError> {
        Ok(self.store.write::<_, StoreError>(|tx| tx.set_meta(name, &mark.0))?)
    }

    /// Notes what the server has of wanted files; counts those of which it is new that it has them not.
    fn note_there(&self, wanted: &[[u8; 32]], there: &[[u8; 32]]) -> Result<u32, DeviceError> {
        Ok(self.store.write::<_, StoreError>(|tx| {
            let mut lacking = 0;
            for sha256 in wanted {
                let has = there.contains(sha256);
                let known = tx.file(sha256)?.and_then(|row| row.at_server);
                if known != Some(has) {
                    lacking += u32::from(!has);
                    tx.set_file_at_server(sha256, has)?;
                }
            }
            Ok(lacking)
        })?)
    }
}
