// Connects the runs to the kernel: short actions inside this process, long ones in processes of their own.
