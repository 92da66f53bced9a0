import com.fasterxml.jackson.databind.ObjectMapper;
import java.io.ByteArrayInputStream;
import java.io.ByteArrayOutputStream;
import java.io.DataInputStream;
import java.io.DataOutputStream;
import java.lang.management.ManagementFactory;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.HashMap;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.TreeMap;
import org.javarosa.core.model.CoreModelModule;
import org.javarosa.core.model.FormDef;
import org.javarosa.core.model.FormIndex;
import org.javarosa.core.model.SelectChoice;
import org.javarosa.core.model.data.IAnswerData;
import org.javarosa.core.model.instance.InstanceInitializationFactory;
import org.javarosa.core.model.instance.TreeElement;
import org.javarosa.core.model.instance.TreeReference;
import org.javarosa.core.services.PropertyManager;
import org.javarosa.core.services.PrototypeManager;
import org.javarosa.core.util.JavaRosaCoreModule;
import org.javarosa.core.util.externalizable.ExtUtil;
import org.javarosa.form.api.FormEntryController;
import org.javarosa.form.api.FormEntryModel;
import org.javarosa.form.api.FormEntryPrompt;
import org.javarosa.model.xform.XFormsModule;
import org.javarosa.xform.util.XFormAnswerDataParser;
import org.javarosa.xform.util.XFormUtils;
import org.opendatakit.validate.StubPropertyManager;

/** JavaRosa under the clock: the commands and the output that ../README.md describes. */
public final class Driver {
    public static void main(String[] arguments) throws Exception {
        // Two engines log on standard output: the result has it to itself.
        java.io.PrintStream out = System.out;
        System.setOut(System.err);
        prepare();
        Map<String, Object> told = switch (arguments[0]) {
            case "load" -> load(Path.of(arguments[1]), Integer.parseInt(arguments[2]));
            case "load-compiled" -> loadCompiled(Path.of(arguments[1]), Integer.parseInt(arguments[2]));
            case "play" -> play(Path.of(arguments[1]), Path.of(arguments[2]), Long.parseLong(arguments[3]));
            case "memory" -> memory(Path.of(arguments[1]), Path.of(arguments[2]));
            case "idle" -> idle();
            default -> throw new IllegalArgumentException(arguments[0]);
        };
        out.println(new ObjectMapper().writeValueAsString(told));
    }

    /** What ODK Collect registers before it reads its first form. */
    private static void prepare() {
        PrototypeManager.registerPrototypes(JavaRosaCoreModule.classNames);
        PrototypeManager.registerPrototypes(CoreModelModule.classNames);
        new XFormsModule().registerModule();
        PropertyManager.setPropertyManager(new StubPropertyManager());
    }

    private static FormDef parse(byte[] xml) throws Exception {
        return XFormUtils.getFormFromInputStream(new ByteArrayInputStream(xml));
    }

    private static FormEntryController ready(FormDef form) {
        form.initialize(true, new InstanceInitializationFactory());
        return new FormEntryController(new FormEntryModel(form));
    }

    private interface Work {
        Object run() throws Exception;
    }

    private static Map<String, Object> timed(int times, Work work) throws Exception {
        long[] all = new long[times];
        Object last = null;
        for (int time = 0; time < times; time++) {
            long began = System.nanoTime();
            last = work.run();
            all[time] = System.nanoTime() - began;
        }
        if (last == null) throw new IllegalStateException();
        Map<String, Object> told = new LinkedHashMap<>();
        told.put("first_ms", all[0] / 1e6);
        Arrays.sort(all);
        told.put("median_ms", all[times / 2] / 1e6);
        return told;
    }

    private static Map<String, Object> load(Path form, int times) throws Exception {
        return timed(times, () -> ready(parse(Files.readAllBytes(form))));
    }

    /** From the bytes that ODK Collect keeps of a form that it has parsed once. */
    private static Map<String, Object> loadCompiled(Path form, int times) throws Exception {
        ByteArrayOutputStream bytes = new ByteArrayOutputStream();
        parse(Files.readAllBytes(form)).writeExternal(new DataOutputStream(bytes));
        Path kept = Files.createTempFile("javarosa", ".formdef");
        Files.write(kept, bytes.toByteArray());
        try {
            return timed(times, () -> {
                FormDef read = new FormDef();
                byte[] saved = Files.readAllBytes(kept);
                read.readExternal(
                        new DataInputStream(new ByteArrayInputStream(saved)), ExtUtil.defaultPrototypes());
                return ready(read);
            });
        } finally {
            Files.delete(kept);
        }
    }

    private static Map<String, Object> play(Path form, Path script, long seconds) throws Exception {
        byte[] xml = Files.readAllBytes(form);
        List<Map<String, Object>> steps = steps(script);
        // The just-in-time compiler gets as long to warm up as is measured then.
        long warm = System.nanoTime() + seconds * 1_000_000_000L;
        int warming = 0;
        for (; warming < 2 || System.nanoTime() < warm; warming++) new Round(parse(xml)).play(steps);
        Times times = new Times();
        Round round = null;
        int rounds = 0;
        long ends = System.nanoTime() + seconds * 1_000_000_000L;
        for (; rounds == 0 || System.nanoTime() < ends; rounds++) {
            round = new Round(parse(xml));
            round.times = times;
            round.play(steps);
        }
        Map<String, Object> told = times.tell();
        told.put("warm_rounds", warming);
        told.put("rounds", rounds);
        told.put("refused", round.refused);
        told.put("state", round.state());
        return told;
    }

    private static Map<String, Object> memory(Path form, Path script) throws Exception {
        Round round = new Round(parse(Files.readAllBytes(form)));
        round.play(steps(script));
        Map<String, Object> told = idle();
        if (round.refused < 0) throw new IllegalStateException();
        return told;
    }

    private static Map<String, Object> idle() throws Exception {
        Map<String, Object> told = new LinkedHashMap<>();
        String status = Files.readString(Path.of("/proc/self/status"));
        told.put("peak_kb", field(status, "VmHWM:"));
        System.gc();
        told.put("live_kb", ManagementFactory.getMemoryMXBean().getHeapMemoryUsage().getUsed() / 1024);
        return told;
    }

    private static long field(String status, String name) {
        String line = status.lines().filter(l -> l.startsWith(name)).findFirst().orElseThrow();
        return Long.parseLong(line.substring(name.length()).trim().split("\\s+")[0]);
    }

    @SuppressWarnings("unchecked")
    private static List<Map<String, Object>> steps(Path script) throws Exception {
        Map<String, Object> json = new ObjectMapper().readValue(Files.readString(script), Map.class);
        return (List<Map<String, Object>>) json.get("steps");
    }

    /** One session, played from its beginning to its end. */
    private static final class Round {
        private final FormEntryController controller;
        private final FormEntryModel model;
        private final Map<String, FormIndex> questions = new HashMap<>();
        private final Map<String, FormIndex> newRepeats = new HashMap<>();
        private Times times = new Times();
        private int refused;

        Round(FormDef form) {
            controller = ready(form);
            model = controller.getModel();
            findQuestions();
        }

        /** What a person stands before, by its path; not part of any measured time. */
        private void findQuestions() {
            questions.clear();
            newRepeats.clear();
            FormIndex index = FormIndex.createBeginningOfFormIndex();
            while (!(index = model.incrementIndex(index)).isEndOfFormIndex()) {
                int event = model.getEvent(index);
                if (event == FormEntryController.EVENT_QUESTION) {
                    questions.put(path(index.getReference()), index);
                } else if (event == FormEntryController.EVENT_PROMPT_NEW_REPEAT) {
                    newRepeats.put(index.getReference().genericize().toString(false), index);
                }
            }
        }

        void play(List<Map<String, Object>> steps) {
            boolean grown = false;
            for (Map<String, Object> step : steps) {
                if (step.get("op").equals("add")) {
                    add((String) step.get("repeat"), ((Number) step.get("count")).intValue());
                    grown = true;
                    continue;
                }
                if (grown) findQuestions();
                grown = false;
                set(step);
            }
        }

        private void add(String repeat, int count) {
            FormIndex index = newRepeats.get(repeat);
            if (index == null) throw new IllegalStateException("no repeat " + repeat);
            long spent = 0;
            for (int number = 0; number < count; number++) {
                long began = System.nanoTime();
                controller.newRepeat(index);
                spent += System.nanoTime() - began;
                // The place for the next one stands behind the new one; finding it is not measured.
                do {
                    index = model.incrementIndex(index);
                } while (model.getEvent(index) != FormEntryController.EVENT_PROMPT_NEW_REPEAT);
            }
            times.adds.add(spent);
        }

        private void set(Map<String, Object> step) {
            FormIndex index = questions.get((String) step.get("path"));
            if (index == null) throw new IllegalStateException("no question " + step.get("path"));
            FormEntryPrompt prompt = model.getQuestionPrompt(index);
            String value = (String) step.get("value");
            IAnswerData answer = value.isEmpty()
                    ? null
                    : XFormAnswerDataParser.getAnswerData(value, prompt.getDataType(), prompt.getQuestion());
            String select = (String) step.get("offers");
            FormIndex offering = select == null ? null : questions.get(select);
            int offered = 0;
            long began = System.nanoTime();
            int outcome = controller.answerQuestion(index, answer, true);
            if (offering != null) offered = offered(offering);
            long time = System.nanoTime() - began;
            if (outcome != FormEntryController.ANSWER_OK) refused++;
            if (offering != null && offered != ((Number) step.get("count")).intValue()) {
                throw new IllegalStateException(select + " offers " + offered);
            }
            if ((Boolean) step.get("measured")) times.set(select == null ? "" : select, time);
        }

        /** The choices with their labels. */
        private int offered(FormIndex index) {
            FormEntryPrompt prompt = model.getQuestionPrompt(index);
            List<SelectChoice> choices = prompt.getSelectChoices();
            int labelled = 0;
            for (SelectChoice choice : choices) {
                if (prompt.getSelectChoiceText(choice) != null) labelled++;
            }
            return labelled;
        }

        Map<String, Object> state() {
            Map<String, Object> state = new TreeMap<>();
            collect(model.getForm().getMainInstance().getRoot(), state);
            return state;
        }

        private void collect(TreeElement element, Map<String, Object> state) {
            if (!element.isRelevant() || element.getMult() == TreeReference.INDEX_TEMPLATE) return;
            if (element.getNumChildren() == 0 && element.getValue() != null) {
                state.put(path(element.getRef()), element.getValue().uncast().getString());
            }
            for (int child = 0; child < element.getNumChildren(); child++) {
                collect(element.getChildAt(child), state);
            }
        }

        /** With positions only where a repeat stands. */
        private String path(TreeReference reference) {
            StringBuilder path = new StringBuilder();
            TreeElement element = model.getForm().getMainInstance().getRoot();
            for (int level = 0; level < reference.size(); level++) {
                path.append('/').append(reference.getName(level));
                if (level == 0) continue;
                int position = reference.getMultiplicity(level);
                element = element.getChild(reference.getName(level), Math.max(position, 0));
                if (element != null && element.isRepeatable()) path.append('[').append(position + 1).append(']');
            }
            return path.toString();
        }
    }

    private static final class Times {
        private final List<Long> adds = new ArrayList<>();
        private final Map<String, List<Long>> sets = new TreeMap<>();

        void set(String select, long time) {
            sets.computeIfAbsent(select, key -> new ArrayList<>()).add(time);
        }

        Map<String, Object> tell() {
            Map<String, Object> told = new LinkedHashMap<>();
            told.put("adds", spread(adds));
            Map<String, Object> spreads = new LinkedHashMap<>();
            sets.forEach((select, times) -> spreads.put(select, spread(times)));
            told.put("sets", spreads);
            return told;
        }

        private static Map<String, Object> spread(List<Long> times) {
            if (times.isEmpty()) return null;
            long[] sorted = times.stream().mapToLong(Long::longValue).sorted().toArray();
            Map<String, Object> told = new LinkedHashMap<>();
            told.put("count", sorted.length);
            told.put("p50_us", at(sorted, 50));
            told.put("p99_us", at(sorted, 99));
            told.put("max_us", at(sorted, 100));
            told.put("mean_us", Arrays.stream(sorted).average().orElseThrow() / 1e3);
            return told;
        }

        private static double at(long[] sorted, int percent) {
            return sorted[Math.min(sorted.length * percent / 100, sorted.length - 1)] / 1e3;
        }
    }
}
