//! What can go wrong with a document, said so that the reader knows what to do. Errors carry field paths, hashes and
//! sizes; never a value that a person entered.

use crate::ChangeHash;
use crate::limits::{CHANGE_BYTES, CHANGE_ROWS, DOCUMENT_BYTES, EDIT_BYTES, EDIT_WRITES, TEXT_BYTES};
use ruhu_text::{Explain, Explanation};

/// A document could not be read or edited. Nothing was changed.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
pub enum CaseError {
    /// The path names no field of this kind of document.
    #[error("{path}: {fault}")]
    Path {
        /// The path, shortened.
        path: String,
        /// What is wrong with it.
        fault: PathFault,
    },
    /// A text beyond [`TEXT_BYTES`].
    #[error("{path}: text of {bytes} bytes, {TEXT_BYTES} are allowed")]
    TextTooLong {
        /// The field's path, shortened.
        path: String,
        /// Length of the text in bytes.
        bytes: usize,
    },
    /// More or larger writes than one edit may hold.
    #[error("one edit holds at most {EDIT_WRITES} writes and {EDIT_BYTES} bytes")]
    EditTooLarge,
    /// The field holds more values side by side than one change can replace.
    #[error("{path}: more than {CHANGE_ROWS} values stand side by side")]
    TooManyValues {
        /// The field's path, shortened.
        path: String,
    },
    /// The actor already made changes that this document still waits for, or is the fixed one of the base.
    #[error("this actor cannot edit this document: make a new actor, as after a restore")]
    ActorInUse,
    /// The saved document cannot be read.
    #[error("the saved document is damaged: fetch it again from the server")]
    Damaged,
    /// The saved document is of another kind, or not one of this system.
    #[error("the saved document is not of the stated kind")]
    WrongKind,
    /// The saved document is beyond [`DOCUMENT_BYTES`].
    #[error("the saved document is larger than {DOCUMENT_BYTES} bytes")]
    DocumentTooLarge,
    /// The merging engine refused an edit that passed every rule: a fault of this program.
    #[error("the edit could not be made (internal fault); nothing was changed")]
    Engine,
}

/// What is wrong with a field path.
#[derive(Clone, Copy, Debug, PartialEq, Eq, thiserror::Error)]
pub enum PathFault {
    /// The first part is no collection of this kind of document.
    #[error("unknown collection")]
    Collection,
    /// The id is not 1-64 letters, digits, `_` or `-`.
    #[error("an id has 1-64 letters, digits, _ or -")]
    Id,
    /// The key is empty, longer than 512 bytes, or has a control character, or a slash outside `answers/`.
    #[error("a key has 1-512 bytes without control characters, slashes only beneath answers/")]
    Key,
    /// The path stops above a field.
    #[error("the path names no field")]
    Short,
}

impl Explain for CaseError {
    fn code(&self) -> &'static str {
        match self {
            CaseError::Path { .. } => "field_path",
            CaseError::TextTooLong { .. } => "text_too_long",
            CaseError::EditTooLarge => "edit_too_large",
            CaseError::TooManyValues { .. } => "too_many_values",
            CaseError::ActorInUse => "actor_in_use",
            CaseError::Damaged => "document_damaged",
            CaseError::WrongKind => "wrong_kind",
            CaseError::DocumentTooLarge => "document_too_large",
            CaseError::Engine => "merge_engine",
        }
    }

    fn explain(&self) -> Explanation {
        match self {
            CaseError::Path { path, fault } => Explanation::new(
                format!("字段路径“{path}”不正确：{}。", fault.explain().what.zh),
                format!("Field path \"{path}\": {fault}."),
            ),
            CaseError::TextTooLong { path, bytes } => Explanation::new(
                format!("字段“{path}”的文字过长（{bytes} 字节，最多 {TEXT_BYTES} 字节）。"),
                format!("The text of \"{path}\" is too long ({bytes} bytes, at most {TEXT_BYTES})."),
            )
            .advise("请缩短。", "Shorten it."),
            CaseError::EditTooLarge => Explanation::new(
                format!("一次保存的内容过多（最多 {EDIT_WRITES} 项、{EDIT_BYTES} 字节）。"),
                format!("Too much in one save (at most {EDIT_WRITES} fields, {EDIT_BYTES} bytes)."),
            )
            .advise("请分次保存。", "Save in parts."),
            CaseError::TooManyValues { path } => Explanation::new(
                format!("字段“{path}”并存的值过多（超过 {CHANGE_ROWS} 个），一次修改不能全部替换。"),
                format!(
                    "\"{path}\" holds too many values side by side (over {CHANGE_ROWS}) to replace at once."
                ),
            )
            .advise("请联系管理员。", "Tell the administrator."),
            CaseError::ActorInUse => Explanation::new(
                "本机的编辑身份已被使用（可能是恢复或克隆的数据）。",
                "This phone's editing identity is already in use (restored or cloned data?).",
            )
            .advise("请重新启用编辑身份后再保存。", "Renew it, then save."),
            CaseError::Damaged => {
                Explanation::new("档案文件已损坏。", "The stored file of this case is damaged.")
                    .advise("请从服务器重新获取。", "Fetch it again from the server.")
            }
            CaseError::WrongKind => {
                Explanation::new("档案类型不符。", "The stored file is not of the stated kind of document.")
            }
            CaseError::DocumentTooLarge => Explanation::new(
                format!("档案文件过大（最多 {DOCUMENT_BYTES} 字节）。"),
                format!("The stored file of this case is too large (at most {DOCUMENT_BYTES} bytes)."),
            ),
            CaseError::Engine => Explanation::new(
                "保存时程序内部出错，内容未改动。",
                "An internal fault stopped the save; nothing was changed.",
            )
            .advise("请报告此问题。", "Please report it."),
        }
    }
}

impl Explain for PathFault {
    fn code(&self) -> &'static str {
        match self {
            PathFault::Collection => "path_collection",
            PathFault::Id => "path_id",
            PathFault::Key => "path_key",
            PathFault::Short => "path_short",
        }
    }

    fn explain(&self) -> Explanation {
        let zh = match self {
            PathFault::Collection => "没有这一类内容",
            PathFault::Id => "编号应为1至64个字母、数字、下划线或连字符",
            PathFault::Key => "字段名应为1至512字节，不含控制字符，只有 answers/ 之下可含斜杠",
            PathFault::Short => "没有指明字段",
        };
        Explanation::new(zh, self.to_string())
    }
}

/// A change was refused, and with it the whole batch: the document is as it was before.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
#[error("change {index} of the batch refused: {refusal}")]
pub struct ApplyError {
    /// Position of the refused change in the batch.
    pub index: usize,
    /// Its hash, when the bytes could be read that far.
    pub hash: Option<ChangeHash>,
    /// Why.
    pub refusal: Refusal,
}

impl Explain for ApplyError {
    fn code(&self) -> &'static str {
        self.refusal.code()
    }

    fn explain(&self) -> Explanation {
        self.refusal.explain()
    }
}

/// Why a change cannot become part of a document. Every device comes to the same answer for the same change, so no
/// honest work is ever built on a refused one.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash, thiserror::Error, serde::Serialize)]
#[serde(rename_all = "snake_case")]
pub enum Refusal {
    /// Not one automerge change chunk, plain or deflated.
    #[error("not a change")]
    NotAChange,
    /// The change, or what it inflates to, is beyond [`CHANGE_BYTES`].
    #[error("larger than {CHANGE_BYTES} bytes")]
    TooLarge,
    /// A change compressed by itself, where only plain ones travel: a page is compressed as a whole.
    #[error("compressed by itself")]
    Deflated,
    /// More rows, dependencies or actors than one change may hold.
    #[error("too many operations")]
    TooManyOps,
    /// Bytes cut, changed or not readable.
    #[error("damaged")]
    Damaged,
    /// The actor is not 16 bytes, or is the fixed one of the base.
    #[error("made by an impossible actor")]
    Actor,
    /// An operation that this document format does not have (lists, marks, counters).
    #[error("holds an operation that a case does not have")]
    Operation,
    /// Removes or replaces a person, record or other map: these are only ever marked.
    #[error("removes a part of the case")]
    RemovesPart,
    /// Refers to something outside its own past.
    #[error("refers to something outside its own past")]
    OutsidePast,
    /// Operation numbers that do not follow from its past.
    #[error("its operation numbers do not follow from its past")]
    OpNumbers,
    /// The actor's sequence number does not follow from its past.
    #[error("its sequence number does not follow from its past")]
    Sequence,
    /// Another change of the same actor with the same sequence number is already there: a cloned device.
    #[error("its actor already made another change with this sequence number")]
    Fork,
    /// The document would be larger with it than any device reads.
    #[error("the document would be larger than {DOCUMENT_BYTES} bytes")]
    DocumentFull,
    /// The engine cannot hold it, or cannot read it back from a saved document.
    #[error("the merging engine cannot hold it")]
    Engine,
}

impl Explain for Refusal {
    fn code(&self) -> &'static str {
        match self {
            Refusal::NotAChange => "not_a_change",
            Refusal::TooLarge => "change_too_large",
            Refusal::Deflated => "change_deflated",
            Refusal::TooManyOps => "too_many_operations",
            Refusal::Damaged => "change_damaged",
            Refusal::Actor => "impossible_actor",
            Refusal::Operation => "unknown_operation",
            Refusal::RemovesPart => "removes_part",
            Refusal::OutsidePast => "outside_past",
            Refusal::OpNumbers => "operation_numbers",
            Refusal::Sequence => "sequence",
            Refusal::Fork => "fork",
            Refusal::DocumentFull => "document_too_large",
            Refusal::Engine => "merge_engine",
        }
    }

    fn explain(&self) -> Explanation {
        let zh = match self {
            Refusal::NotAChange => "不是有效的修改数据",
            Refusal::TooLarge => "修改数据过大",
            Refusal::Deflated => "修改数据被单独压缩",
            Refusal::TooManyOps => "修改数据包含的操作过多",
            Refusal::Damaged => "修改数据已损坏",
            Refusal::Actor => "修改数据的编辑身份无效",
            Refusal::Operation => "修改数据包含档案不支持的操作",
            Refusal::RemovesPart => "修改数据试图删除档案的组成部分",
            Refusal::OutsidePast => "修改数据引用了其来源之外的内容",
            Refusal::OpNumbers => "修改数据的操作编号不连续",
            Refusal::Sequence => "修改数据的序号不连续",
            Refusal::Fork => "同一编辑身份出现了两个相同序号的修改（设备可能被克隆）",
            Refusal::DocumentFull => "加上该修改后档案过大",
            Refusal::Engine => "合并程序无法保存该修改",
        };
        Explanation::new(format!("已隔离一项修改：{zh}。"), format!("One change was set aside: {self}."))
    }
}
