//! What can be asked of the command.

use std::path::PathBuf;

use clap::{Args, Parser, Subcommand, ValueEnum};

const AFTER_HELP: &str = "\
退出码 / Exit codes: 0 成功 fine, 1 出错 error, 2 用法有误 usage;
sync 另有 / sync also: 3 只完成一部分 in part, 4 一项也没有完成 nothing (ruhu sync --help).
户和调查的编号可写 last，指最近的一个。/ An ID may be the word `last`: the most recent one.";

/// 入户：离线优先的入户调查 / Home visits for social assistance, offline first
#[derive(Debug, Parser)]
#[command(name = "ruhu", version, after_help = AFTER_HELP)]
pub struct Arguments {
    /// 数据文件夹 / Folder of this device's data
    #[arg(long, global = true, env = "RUHU_DATA", value_name = "DIR")]
    pub data: Option<PathBuf>,
    /// 密钥文件，默认 DIR/key.hex，首次使用时生成（手机上密钥存于 Keystore） / File of the key (64 hex
    /// digits), by default DIR/key.hex, made at first use. A phone keeps its key in Keystore or
    /// Keychain instead
    #[arg(long, global = true, value_name = "FILE")]
    pub key_file: Option<PathBuf>,
    /// 本次安装的标识，默认由机器编号和文件夹位置得出 / What tells this install from a copy of it, by
    /// default made of the machine's id and the folder's place
    #[arg(long, global = true, value_name = "TEXT")]
    pub install: Option<String>,
    /// 为本机工作留出的空间（字节），默认 64 MB，小磁盘留四分之一 / Room kept for this device's own work, in
    /// bytes; by default 64 MB, on a small disk a quarter of it
    #[arg(long, global = true, env = "RUHU_RESERVE", value_name = "BYTES")]
    pub reserve: Option<u64>,
    /// 数据正被另一个程序使用时（如正在同步），最多等待的秒数 / Seconds to wait at most while another
    /// program has the data, such as a sync that still runs
    #[arg(long, global = true, value_name = "SECONDS", default_value_t = 30)]
    pub wait: u64,
    /// 输出 JSON / Print JSON
    #[arg(long, global = true)]
    pub json: bool,
    /// 语言 / Language of messages
    #[arg(long, global = true, value_enum, default_value = "zh", env = "RUHU_LANG")]
    pub lang: LangName,
    /// What to do.
    #[command(subcommand)]
    pub command: Command,
}

/// The language of messages.
#[derive(Debug, Clone, Copy, PartialEq, Eq, ValueEnum)]
pub enum LangName {
    /// 中文 / Chinese
    Zh,
    /// 英文 / English
    En,
}

impl From<LangName> for ruhu_device::Lang {
    fn from(name: LangName) -> Self {
        match name {
            LangName::Zh => ruhu_device::Lang::Zh,
            LangName::En => ruhu_device::Lang::En,
        }
    }
}

/// The commands.
#[derive(Debug, Subcommand)]
pub enum Command {
    /// 用一次性登记码登记本机 / Enrol this device with a one-time code
    Enroll {
        /// 登记码 / The code
        code: String,
    },
    /// 查看本机状态 / Show where this device stands
    Status,
    /// 与服务器同步 / Exchange everything with the server
    ///
    /// 退出码：0 全部传完；3 只完成一部分，或有内容没有被服务器收下；4 一项也没有完成（没有网络、服务器拒绝、尚未登记）；
    /// 1、2 与其他命令相同。没有存入的入户调查不算在内，只在结尾列出。
    ///
    /// Exit codes: 0 all was given and taken; 3 in part, or the server did not take something; 4 nothing
    /// (no network, the server said no, not enrolled); 1 and 2 as with every command. Answers of visits
    /// that were not saved do not count here; they are listed at the end.
    #[command(verbatim_doc_comment)]
    Sync {
        /// 正在使用按流量计费的网络：照片等到下次 / The network is metered: photos wait
        #[arg(long)]
        metered: bool,
    },
    /// 户 / Households
    #[command(subcommand)]
    Case(CaseCommand),
    /// 入户调查 / Visits
    #[command(subcommand)]
    Visit(VisitCommand),
    /// 附上照片 / Attach a photo to a household
    Attach {
        /// 户编号 / The household
        case: String,
        /// 照片，JPEG、PNG 或 WebP；签名也可以是笔迹文件（JSON） / The photo, JPEG, PNG or WebP; of a signature its
        /// strokes (JSON) too
        file: PathBuf,
        /// 照片内容，如 house_out，或照片题的名称 / What it shows, such as house_out, or the name of a question for a picture
        #[arg(long)]
        kind: String,
    },
    /// 取出照片，本机没有就向服务器要 / Write a photo out of the store; one that is not here is fetched
    ///
    /// 存着的照片原样不动；--straightened、--stamped 另写一份副本。
    ///
    /// What is kept is not touched; --straightened and --stamped write a copy.
    File(FileArguments),
    /// 照片存放在哪里、占用多少空间 / Where photos are, and the room they take
    #[command(subcommand)]
    Files(FilesCommand),
    /// 照片质量 / The quality of photos
    #[command(subcommand)]
    Photo(PhotoCommand),
    /// 授权书 / The authorisation letter
    #[command(subcommand)]
    Letter(LetterCommand),
    /// 核对请求 / Requests to look something up
    #[command(subcommand)]
    CheckRequest(CheckRequestCommand),
    /// 该户丢失的照片已知找不回，不再提示 / Lost photos of a household are known, and told no longer
    GiveUp {
        /// 户编号 / The household
        case: String,
    },
    /// 表单 / Forms
    #[command(subcommand)]
    Form(FormCommand),
    /// 用测试向量检验表达式引擎 / Run a file of expression vectors
    Xpath {
        /// 向量文件（JSON） / The vectors, JSON
        file: PathBuf,
    },
    /// 检查本机数据是否完整 / Read everything back and say what is wrong
    Check,
}

/// Commands about photos as files.
#[derive(Debug, Subcommand)]
pub enum FilesCommand {
    /// 每个照片：只在本机、服务器已有、另有备份 / Each photo: only on this phone, on the server, in a second place
    Status {
        /// 只看这一户 / Only those of this household
        case: Option<String>,
    },
    /// 让出空间：从本机删去已另有备份的照片，先删最久没有改动的户，打开时再取回 / Free the room of photos that
    /// are in a second place, those of the household longest unchanged first; they are fetched when opened
    ///
    /// 有未办结的调查、或有内容待上传的户不动。
    ///
    /// A household with an open visit here, or with something that waits to be sent, is left alone.
    Reclaim {
        /// 让出这么多字节就停 / Stop when so many bytes are free
        #[arg(long, value_name = "BYTES")]
        bytes: Option<u64>,
    },
}

/// Commands about households.
#[derive(Debug, Subcommand)]
pub enum CaseCommand {
    /// 新建一户 / Open a household
    New(NewCaseArguments),
    /// 列出各户 / List households, those last changed first
    List {
        /// 区划代码的前几位 / The first digits of a division code
        #[arg(long, default_value = "", hide_default_value = true)]
        division: String,
        /// 跳过多少户 / How many to skip
        #[arg(long, default_value_t = 0)]
        offset: u32,
        /// 最多列出多少户 / How many to list
        #[arg(long, default_value_t = 50)]
        limit: u32,
    },
    /// 查看一户 / Show a household
    Show {
        /// 户编号 / The household
        id: String,
    },
    /// 按姓名、拼音首字母、证件号尾号或地址查找 / Search by name, pinyin initials, end of an ID number or address
    Search {
        /// 查找内容 / What to look for
        text: String,
        /// 最多列出多少户 / How many to list
        #[arg(long, default_value_t = 50)]
        limit: u32,
    },
    /// 查看一项内容的全部历史 / Show every value a field had
    History {
        /// 户编号 / The household
        id: String,
        /// 内容的路径，如 case/address / The field's path, such as case/address
        path: String,
    },
    /// 列出冲突 / List the fields in conflict
    Conflicts {
        /// 户编号 / The household
        id: String,
    },
    /// 处理一处冲突 / Settle a conflict for one of its values
    Resolve {
        /// 户编号 / The household
        id: String,
        /// 内容的路径 / The field's path
        path: String,
        /// 采用的值，须是冲突中的一个 / The value to keep, one of those in conflict
        #[arg(allow_negative_numbers = true)]
        value: String,
    },
}

/// What is known of a household when it is opened.
#[derive(Debug, Args)]
pub struct NewCaseArguments {
    /// 户主姓名 / Name of the head of the household
    #[arg(long)]
    pub name: String,
    /// 12 位村（社区）区划代码 / The 12-digit code of the village or community
    #[arg(long)]
    pub division: String,
    /// 住址 / Address
    #[arg(long)]
    pub address: String,
    /// 户主身份证号 / ID number of the head
    #[arg(long)]
    pub idno: Option<String>,
    /// 联系电话 / Telephone
    #[arg(long)]
    pub phone: Option<String>,
}

/// Commands about visits.
#[derive(Debug, Subcommand)]
pub enum VisitCommand {
    /// 开始入户调查 / Begin a visit to a household
    Start {
        /// 户编号 / The household
        case: String,
        /// 表单 / The form
        #[arg(long, default_value = "home_visit")]
        form: String,
    },
    /// 列出入户调查 / List visits, those last answered first
    List {
        /// 只列未办结的 / Only those still open
        #[arg(long)]
        open: bool,
    },
    /// 填一题，返回时已写入磁盘 / Answer one question; it is on the disk when this returns
    Answer {
        /// 调查编号 / The visit
        visit: String,
        /// 题目名称或路径 / The question's name or path
        path: String,
        /// 答案，空值为清除；照片题填照片文件 / The value; empty clears the answer; a picture's file where a picture is asked for
        #[arg(allow_negative_numbers = true)]
        value: String,
    },
    /// 按脚本逐题填写 / Play a script of answers, each on the disk before the next
    ///
    /// 每行一项：`路径 = 值`，`+ 重复组 编号`，`- 重复组的一项`，`#` 为注释。脚本可以从头再放：已有的重复项保留。
    ///
    /// One entry a line: `path = value`, `+ repeat instance_id`, `- repeat_instance`, `#` for a
    /// comment. A script may be played again from its beginning: instances that exist are kept. With
    /// --json one line is printed for each entry as soon as it is on the disk.
    Answers {
        /// 调查编号 / The visit
        visit: String,
        /// 脚本文件 / The script
        file: PathBuf,
    },
    /// 查看一次调查 / Show a visit
    Show {
        /// 调查编号 / The visit
        visit: String,
    },
    /// 没办结的调查换用新版表单 / Move an open visit to the newest version of its form
    ///
    /// 换之前先用 --dry-run 看一遍：哪些答案带过去，哪些带不过去、为什么。带不过去的内容不会丢，用 visit
    /// migrations 随时可查。
    ///
    /// Look first, with --dry-run: which answers are taken over, which are not, and why. Nothing is lost;
    /// `visit migrations` shows what was not taken over.
    Migrate {
        /// 调查编号 / The visit
        visit: String,
        /// 只看会怎样，不作改动 / Only say what would happen
        #[arg(long)]
        dry_run: bool,
    },
    /// 查看换用新版表单时没有带过去的内容 / Show what moving to newer versions of the form did
    Migrations {
        /// 调查编号 / The visit
        visit: String,
    },
    /// 把已填内容存入该户 / Save what is answered so far into the household
    Save {
        /// 调查编号 / The visit
        visit: String,
    },
    /// 办结 / Close a visit
    Close {
        /// 调查编号 / The visit
        visit: String,
    },
}

/// Commands about the authorisation letter.
#[derive(Debug, Subcommand)]
pub enum LetterCommand {
    /// 打印授权书（PDF） / Print the letter of a household, as a PDF
    ///
    /// 授权人、范围、期限取自最近一份《家庭经济状况核对授权书》；没有填的，用家庭成员和模板里的内容。同样的内容再打印一次，还是
    /// 同一份；内容变了就是新的版本。
    ///
    /// Who authorises what is taken from the newest check_authorization form, and where there is none
    /// from the members and the template. The same again is the same letter; anything else is a new
    /// version.
    #[command(verbatim_doc_comment)]
    Print(LetterPrintArguments),
    /// 查看谁有有效授权、可以核对什么、到哪天 / Who is covered, for what, until when
    Coverage {
        /// 户编号 / The household
        case: String,
    },
    /// 登记授权人撤回授权，此后不得再核对 / Write down a withdrawal: from now on it covers nothing
    Withdraw {
        /// 户编号 / The household
        case: String,
        /// 授权人的姓名或证件号码 / The grantor's name or number
        grantor: String,
        /// 原因 / Why
        #[arg(long)]
        reason: String,
    },
    /// What looks at photos.
    #[command(flatten)]
    Photos(LetterPhotoCommand),
}

/// Which photo to write out, and how.
#[derive(Debug, Args)]
pub struct FileArguments {
    /// 照片的 SHA-256（十六进制），或照片题的答案 / The photo's SHA-256, hexadecimal, or the answer to a question for a picture
    pub sha256: String,
    /// 写到这个文件，不覆盖已有文件 / Where to write it; an existing file is left alone
    #[arg(long, value_name = "FILE")]
    pub out: PathBuf,
    /// 只写缩略图 / Write a small picture of it
    #[arg(long, conflicts_with_all = ["straightened", "stamped"])]
    pub thumbnail: bool,
    /// 把照片里的材料裁出、拉正；找不到材料时不写文件 / Cut the document out and make it straight; without one nothing is
    /// written
    #[arg(long)]
    pub straightened: bool,
    /// 照片下面加一条，写明时间、地点、户编号、材料编号 / With a band below it: time, place, household, evidence
    #[arg(long)]
    pub stamped: bool,
    /// 字体文件夹，用于 --stamped，另见 letter print / Folder of fonts, for --stamped, as with letter print
    #[arg(long, value_name = "DIR", env = "RUHU_FONTS")]
    pub fonts: Option<PathBuf>,
}

/// What to print.
#[derive(Debug, Args)]
pub struct LetterPrintArguments {
    /// 户编号 / The household
    pub case: String,
    /// PDF 写到这个文件，不覆盖已有文件 / Where the PDF goes; an existing file is left alone
    #[arg(long, value_name = "FILE")]
    pub out: PathBuf,
    /// 签名框、手印框的位置写到这个文件（JSON，毫米） / Where the places of the boxes go, as JSON in millimetres
    #[arg(long, value_name = "FILE")]
    pub boxes: Option<PathBuf>,
    /// 模板，默认用随程序的全国模板 / The template, by default the national one that came with the program
    #[arg(long, value_name = "FILE", env = "RUHU_LETTER_TEMPLATE")]
    pub template: Option<PathBuf>,
    /// 字体文件夹；没有的字再到程序旁边的 fonts 和系统里找 / Folder of fonts; for what they lack `fonts`
    /// beside the program and the system are asked
    #[arg(long, value_name = "DIR", env = "RUHU_FONTS")]
    pub fonts: Option<PathBuf>,
    /// 核对范围的代码，用逗号分开，如 bank,tax / What may be looked up, codes separated by commas
    #[arg(long, value_delimiter = ',', value_name = "CODES")]
    pub scope: Vec<String>,
    /// 从哪天起，如 2026-11-27 / The first day
    #[arg(long, value_name = "DAY")]
    pub from: Option<String>,
    /// 到哪天止 / The last day
    #[arg(long, value_name = "DAY")]
    pub to: Option<String>,
    /// 屏幕签名：授权人的序号、姓名或证件号码=签名文件（JSON）或本户已存签名的编号，可以写多次，签名印进各自的框里 / A
    /// signature drawn on the screen: the grantor's number on the letter, name or ID number, `=`, its file or the
    /// id under which the household keeps it; for each who signed
    #[arg(long, value_name = "WHO=FILE|ID")]
    pub signed: Vec<String>,
}

/// Commands about requests to look something up.
#[derive(Debug, Subcommand)]
pub enum CheckRequestCommand {
    /// 写出核对请求（JSON）；没有有效授权的人和事项一律拒绝 / Write a request as JSON; refused for each
    /// person and thing without a live authorisation
    Export {
        /// 户编号 / The household
        case: String,
        /// 核对谁：姓名或证件号码，可写多次，默认全户 / Whom: name or number, may be repeated; by default all
        #[arg(long, value_name = "WHO")]
        person: Vec<String>,
        /// 核对什么：代码，用逗号分开，如 bank,tax / What: codes separated by commas
        #[arg(long, value_delimiter = ',', value_name = "CODES", required = true)]
        scope: Vec<String>,
        /// 写到这个文件，不覆盖已有文件 / Where it goes; an existing file is left alone
        #[arg(long, value_name = "FILE")]
        out: PathBuf,
    },
}

/// Commands about forms.
#[derive(Debug, Subcommand)]
pub enum FormCommand {
    /// 检查 XLSForm 工作簿 / Check XLSForm workbooks
    Check {
        /// .xlsx 文件 / The .xlsx files
        #[arg(required = true)]
        files: Vec<PathBuf>,
    },
    /// 在终端里填表 / Fill a form on the terminal
    ///
    /// 每填一题都立即写入草稿；窗口关掉或断电后，用同一个草稿接着填。
    ///
    /// Each answer is in the draft at once; after the terminal was closed or the power failed, the same
    /// draft goes on.
    Fill {
        /// 表单文件 / The form
        form: PathBuf,
        /// 草稿文件，没有就新建；默认放在用户的状态文件夹 / The draft, begun if absent; by default in the
        /// user's folder for state
        #[arg(long, value_name = "FILE")]
        draft: Option<PathBuf>,
        /// 交表时把答案写到这个文件（JSON），不覆盖已有文件 / Where the answers go at the end, as JSON;
        /// an existing file is left alone
        #[arg(long, value_name = "FILE")]
        answers: Option<PathBuf>,
    },
    /// 重放别的引擎的记录，比较每一步 / Replay what another engine did with a form, and compare
    Run {
        /// 表单文件 / The form
        form: PathBuf,
        /// 记录文件（JSON） / The recorded traces, JSON
        #[arg(long, value_name = "FILE")]
        trace: PathBuf,
    },
    /// 把表单写成 XForm XML，供其他工具使用 / Write a form as XForm XML, which other tools take
    ///
    /// 表单用到的图片、CSV 等文件不在其中。
    ///
    /// Files that the form names, such as pictures and CSV tables, are not in it.
    Convert {
        /// 表单文件 / The form
        form: PathBuf,
        /// 写到哪里，不覆盖已有文件 / Where it goes; an existing file is left alone
        out: PathBuf,
    },
    /// 列出本机的表单 / List the forms on this device
    List,
}

/// Commands about photos; they need no data of this device.
#[derive(Debug, Subcommand)]
pub enum PhotoCommand {
    /// 检查照片是否清楚、完整：模糊、太暗、过曝、反光、没拍全 / Check whether photos are sharp, light enough and
    /// whole
    ///
    /// 不需要本机数据。无法判断时如实说明。一张照片打不开不影响其他照片。
    ///
    /// Needs no data of this device. What cannot be told is said so. A photo that cannot be read harms no
    /// other.
    Check {
        /// 照片，JPEG、PNG 或 WebP / The photos, JPEG, PNG or WebP
        #[arg(required = true)]
        files: Vec<PathBuf>,
        /// 拍的是什么 / What they show
        #[arg(long, value_enum)]
        kind: PhotoKind,
    },
    /// 本机以后附上的照片怎样保存；不带选项时显示现在的设置 / How photos are kept that are attached from now on;
    /// without options the settings as they are
    Settings {
        /// 记录照片里的位置 / Take over the place that a photo names
        #[arg(long, value_enum)]
        place: Option<YesNo>,
        /// 同时保留并上传原始文件 / Keep and send the file as it was offered too
        #[arg(long, value_enum)]
        originals: Option<YesNo>,
    },
}

/// Yes or no.
#[derive(Debug, Clone, Copy, PartialEq, Eq, clap::ValueEnum)]
pub enum YesNo {
    /// 是 / Yes
    Yes,
    /// 否 / No
    No,
}

impl YesNo {
    /// Whether it is yes.
    pub fn is_yes(self) -> bool {
        self == YesNo::Yes
    }
}

/// What a photo shows.
#[derive(Debug, Clone, Copy, PartialEq, Eq, clap::ValueEnum)]
pub enum PhotoKind {
    /// 证件、纸张、户口簿 / A card, a paper, a booklet
    Document,
    /// 房间、房屋、院子 / A room, a house, a yard
    Room,
}

/// Commands about photos of letters; they need no data of this device.
#[derive(Debug, Subcommand)]
pub enum LetterPhotoCommand {
    /// 检查授权书照片：签名、捺印是否齐全清楚 / Check photos of letters: is each print there, and clear
    ///
    /// 不用 --case 时不需要本机数据。本系统打印的授权书按四角标记和二维码识别；其他授权书用 --boxes 说明方框位置。
    ///
    /// Without --case it needs no data of this device. Letters printed here are known by their corner marks and QR code;
    /// for others --boxes says where the boxes are.
    Check {
        /// 照片，JPEG、PNG 或 WebP / The photos, JPEG, PNG or WebP
        #[arg(required = true)]
        files: Vec<PathBuf>,
        /// 方框位置（JSON，毫米） / Where the boxes are, JSON, in millimetres
        #[arg(long, value_name = "FILE")]
        boxes: Option<PathBuf>,
        /// 户编号：说明是不是这一户、这一版的授权书 / A household of this device: whether it is its letter, and the
        /// one printed last
        #[arg(long, value_name = "CASE")]
        case: Option<String>,
    },
    /// 查找重复使用的捺印：同一枚指印的图像出现在两份材料上 / Find impressions used twice: the same picture of
    /// a print on two papers
    ///
    /// 整张授权书或裁下的指印都可以；旋转、缩放、压缩、粘贴、翻印也能发现。同一手指重新按的不算。只比较墨迹图像，不识别任何人。
    ///
    /// Whole letters or prints cut out; turned, scaled, stored again, pasted or printed again. The same
    /// finger pressed again is no copy. Pictures of ink are compared; nobody is identified.
    Reuse {
        /// 照片，JPEG、PNG 或 WebP / The photos, JPEG, PNG or WebP
        #[arg(required_unless_present = "held")]
        files: Vec<PathBuf>,
        /// 不看文件，比对本机所有授权书照片 / Instead of files, all photos of letters that this device holds
        #[arg(long, conflicts_with = "files")]
        held: bool,
    },
}

impl LetterPhotoCommand {
    /// The household that the photos are compared with.
    pub fn case(&self) -> Option<&str> {
        match self {
            LetterPhotoCommand::Check { case, .. } => case.as_deref(),
            LetterPhotoCommand::Reuse { .. } => None,
        }
    }

    /// Whether it looks at what this device holds.
    pub fn needs_device(&self) -> bool {
        match self {
            LetterPhotoCommand::Check { case, .. } => case.is_some(),
            LetterPhotoCommand::Reuse { held, .. } => *held,
        }
    }
}
