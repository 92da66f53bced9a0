//! What the operating system said, in words.

use std::io::ErrorKind;

use crate::Bilingual;

/// What failed and why, as one sentence: `with_reason("文件无法读取", "The file cannot be read", kind)`
/// gives "文件无法读取：不存在。" and "The file cannot be read: it does not exist."
pub fn with_reason(zh: &str, en: &str, kind: ErrorKind) -> Bilingual {
    let (zh_reason, en_reason) = match kind {
        ErrorKind::NotFound => ("不存在", "it does not exist"),
        ErrorKind::PermissionDenied => ("没有权限", "permission is denied"),
        ErrorKind::StorageFull | ErrorKind::QuotaExceeded => ("磁盘已满", "the disk is full"),
        ErrorKind::IsADirectory => ("这是文件夹", "it is a folder"),
        ErrorKind::NotADirectory => ("路径中有一段不是文件夹", "a part of its path is no folder"),
        ErrorKind::InvalidData => ("不是 UTF-8 文本", "it is no UTF-8 text"),
        other => return Bilingual::new(format!("{zh}（系统提示：{other}）。"), format!("{en} ({other}).")),
    };
    Bilingual::new(format!("{zh}：{zh_reason}。"), format!("{en}: {en_reason}."))
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::Lang;

    #[test]
    fn the_reason_stands_behind_what_failed() {
        let text = with_reason("文件无法写入", "The file cannot be written", ErrorKind::StorageFull);
        assert_eq!(text.get(Lang::Zh), "文件无法写入：磁盘已满。");
        assert_eq!(text.get(Lang::En), "The file cannot be written: the disk is full.");
        let rare = with_reason("终端无法使用", "The terminal cannot be used", ErrorKind::BrokenPipe);
        assert_eq!(rare.get(Lang::Zh), "终端无法使用（系统提示：broken pipe）。");
        assert_eq!(rare.get(Lang::En), "The terminal cannot be used (broken pipe).");
    }
}
