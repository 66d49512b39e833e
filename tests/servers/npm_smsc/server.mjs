// A carrier as npm's `smpp` understands the specification. What it understood it says on standard output, line by line.
import { readFileSync } from "node:fs";
import smpp from "smpp";

const [port, cert, key, name, password] = process.argv.slice(2);
const tell = (what) => process.stdout.write(`${JSON.stringify(what)}\n`);
let taken = 0;

function letIn(session, pdu) {
  const known = pdu.system_id === name && pdu.password === password;
  session.send(pdu.response({ command_status: known ? smpp.ESME_ROK : smpp.ESME_RINVPASWD }));
  if (!known) return session.close();
  tell({ kind: "bound" });
  session.enquire_link({}, (answer) => tell({ kind: "answered", with: answer.command }));
}

function take(session, pdu) {
  const id = `NPM${++taken}`;
  const { message, udh } = pdu.short_message;
  const part = udh ? Buffer.concat([udh].flat()).toString("hex") : "";
  tell({ kind: "text", words: message, part, from: pdu.source_addr, to: pdu.destination_addr, receipt: pdu.registered_delivery });
  session.send(pdu.response({ message_id: id }));
  const receipt = `id:${id} sub:001 dlvrd:001 submit date:2611221200 done date:2611221201 stat:DELIVRD err:000 text:`;
  session.deliver_sm(
    { esm_class: smpp.ESM_CLASS.MC_DELIVERY_RECEIPT, source_addr: pdu.destination_addr, short_message: receipt },
    (answer) => tell({ kind: "answered", with: answer.command }),
  );
}

const server = smpp.createServer({ key: readFileSync(key), cert: readFileSync(cert) }, (session) => {
  session.on("bind_transceiver", (pdu) => letIn(session, pdu));
  session.on("submit_sm", (pdu) => take(session, pdu));
  session.on("unbind", (pdu) => {
    session.send(pdu.response());
    session.close();
    tell({ kind: "left" });
  });
  // Whoever hangs up without a goodbye ends this one conversation.
  session.on("error", () => session.destroy());
});
server.listen(Number(port), "127.0.0.1", () => tell({ kind: "listening" }));
