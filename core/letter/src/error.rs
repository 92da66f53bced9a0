//! Why a letter cannot be printed.

use ruhu_text::{Explain, Explanation, Lang};

use crate::signature::SignatureError;
use crate::template::WordList;
use crate::template_fault::TemplateFaults;

/// Why a letter cannot be printed. Nothing was written then.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
pub enum LetterError {
    /// The template has faults.
    #[error(transparent)]
    Template(#[from] TemplateFaults),
    /// The template has no words for a code that the case has.
    #[error("the template has no words for {code}")]
    NoWords {
        /// The list.
        list: WordList,
        /// The code.
        code: String,
    },
    /// Nobody authorises.
    #[error("nobody authorises")]
    NoGrantors,
    /// More people than a letter has room for.
    #[error("{count} people, {most} have room")]
    TooManyGrantors {
        /// How many there are.
        count: usize,
        /// How many there may be.
        most: usize,
    },
    /// The list of what may be looked up is empty.
    #[error("no scope")]
    NoScope,
    /// The last day comes before the first.
    #[error("the last day comes before the first")]
    Days,
    /// A day that was asked for is none.
    #[error("not a day")]
    NotADay,
    /// A word means nobody who has authorised anything, or more than one.
    #[error("nobody who authorised is meant")]
    NoSuchGrantor,
    /// A signature that was drawn is none, or another person's.
    #[error("the signature of {who}: {error}")]
    Signature {
        /// Whose it was given as.
        who: String,
        /// What is wrong.
        error: SignatureError,
    },
    /// Nobody of the letter, or several, are meant by the words with which a signature was given.
    #[error("no grantor of the letter, or several, are meant by {0}")]
    NoSigner(String),
    /// Two signatures were given for one person.
    #[error("two signatures of one person")]
    SignedTwice(String),
    /// Text does not fit its place on the sheet.
    #[error("the text of {place} does not fit the sheet")]
    TooLong {
        /// The section of the template.
        place: &'static str,
        /// How many lines too many there are at the smallest size.
        lines: usize,
    },
    /// No font has these characters.
    #[error("no font has {} of the characters", .0.len())]
    NoGlyph(Vec<char>),
    /// There is no font at all.
    #[error("no font")]
    NoFont,
    /// The name of the version does not fit the QR code.
    #[error("the version does not fit the QR code")]
    Version,
    /// The PDF could not be written; the library's own words.
    #[error("the PDF could not be written: {0}")]
    Pdf(String),
}

const FONTS_ZH: &str = "请把含有该字的字体（.ttf、.otf、.ttc）放进字体文件夹，用 --fonts 指明；cargo xtask fonts 可取得思源黑体和花园明朝。";
const FONTS_EN: &str = "Put a font that has it (.ttf, .otf, .ttc) into the folder of fonts and name that with --fonts; `cargo xtask fonts` fetches Noto Sans SC and Hanazono Mincho.";

impl Explain for LetterError {
    fn code(&self) -> &'static str {
        match self {
            LetterError::Template(faults) => faults.code(),
            LetterError::NoWords { .. } => "letter_no_words",
            LetterError::NoGrantors => "letter_no_grantors",
            LetterError::TooManyGrantors { .. } => "letter_too_many_grantors",
            LetterError::NoScope => "letter_no_scope",
            LetterError::Days => "letter_days",
            LetterError::NotADay => "letter_not_a_day",
            LetterError::NoSuchGrantor => "letter_no_such_grantor",
            LetterError::Signature { error, .. } => error.code(),
            LetterError::NoSigner(_) => "letter_no_signer",
            LetterError::SignedTwice(_) => "letter_signed_twice",
            LetterError::TooLong { .. } => "letter_too_long",
            LetterError::NoGlyph(_) => "letter_no_glyph",
            LetterError::NoFont => "letter_no_font",
            LetterError::Version => "letter_version",
            LetterError::Pdf(_) => "letter_pdf",
        }
    }

    fn explain(&self) -> Explanation {
        match self {
            LetterError::Template(faults) => faults.explain(),
            LetterError::NoWords { list, code } => Explanation::new(
                format!("模板的 [{}] 一节里没有“{code}”。", list.name()),
                format!("The template's section [{}] has no words for “{code}”.", list.name()),
            )
            .advise("请在模板里补上。", "Add them to the template."),
            LetterError::NoGrantors => {
                Explanation::new("没有可以授权的成年人。", "There is no adult who could authorise.").advise(
                    "请先登记家庭成员，或填写《家庭经济状况核对授权书》。",
                    "Enter the household's members first, or fill in the form check_authorization.",
                )
            }
            LetterError::TooManyGrantors { count, most } => Explanation::new(
                format!("有 {count} 名授权人，一份授权书最多 {most} 人。"),
                format!("{count} people authorise; a letter has room for {most}."),
            )
            .advise("请分成几份。", "Make several letters."),
            LetterError::NoScope => {
                Explanation::new("没有写明核对范围。", "It does not say what may be looked up.")
                    .advise("请至少选一项。", "Choose at least one thing.")
            }
            LetterError::Days => {
                Explanation::new("截止日期早于起始日期。", "The last day comes before the first.")
                    .advise("请核对授权期限。", "Check both days.")
            }
            LetterError::NotADay => Explanation::new("日期看不懂。", "This is not a day.")
                .advise("请写成 2026-11-27。", "Write it as 2026-11-27."),
            LetterError::NoSuchGrantor => Explanation::new(
                "这一户的授权书里没有这位授权人，或者不止一位。",
                "No authorisation of this household names such a grantor, or several do.",
            )
            .advise("请写全姓名或证件号码。", "Write the whole name, or the number."),
            LetterError::Signature { who, error } => {
                let (zh, en) = (error.message(Lang::Zh), error.message(Lang::En));
                Explanation::new(format!("{who}：{zh}"), format!("{who}: {en}"))
            }
            LetterError::NoSigner(who) => Explanation::new(
                format!("授权书上没有“{who}”这位授权人，或者不止一位。"),
                format!("The letter has no grantor “{who}”, or several."),
            )
            .advise(
                "请写授权书上的序号、全名或证件号码。",
                "Write the number that the letter gives them, the whole name, or the ID number.",
            ),
            LetterError::SignedTwice(who) => Explanation::new(
                format!("{who}给了两个签名。"),
                format!("Two signatures were given for {who}."),
            )
            .advise("请只留一个。", "Leave one of them."),
            LetterError::TooLong { place, lines } => Explanation::new(
                format!("[{place}] 的内容排不下，用最小的字还多 {lines} 行。"),
                format!("The text of [{place}] does not fit: {lines} lines too many at the smallest size."),
            )
            .advise("请缩短模板的文字，或减少授权的内容。", "Shorten the template or what is authorised."),
            LetterError::NoGlyph(missing) => {
                let each: Vec<String> =
                    missing.iter().map(|c| format!("“{c}”（U+{:04X}）", u32::from(*c))).collect();
                Explanation::new(
                    format!("没有字体能印出 {}。没有打印任何内容。", each.join("、")),
                    format!("No font has {}. Nothing was printed.", each.join(", ")),
                )
                .advise(FONTS_ZH, FONTS_EN)
            }
            LetterError::NoFont => Explanation::new("没有找到中文字体。", "No Chinese font was found.")
                .advise(
                    "请用 --fonts 指明字体文件夹，或运行 cargo xtask fonts。",
                    "Name a folder of fonts with --fonts, or run `cargo xtask fonts`.",
                ),
            LetterError::Version => Explanation::new(
                "授权书版本太长，二维码放不下。",
                "The letter's version does not fit the QR code.",
            )
            .advise("请缩短模板的版本。", "Shorten the template's version."),
            LetterError::Pdf(why) => {
                Explanation::new(format!("PDF 无法生成：{why}。"), format!("The PDF cannot be made: {why}."))
                    .advise("请换一种字体再试。", "Try with another font.")
            }
        }
    }
}
