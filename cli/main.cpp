// The program: arguments and the process's streams in, an exit status out. Everything else is reachable from tests.
#include "base/interrupt.h"
#include "cli/run.h"

int main(int argc, char** argv) {
    touchstone::note_interrupts();
    touchstone::Streams streams = touchstone::process_streams();
    return touchstone::run({argv + (argc > 0 ? 1 : 0), argv + argc}, streams);
}
