"""What a core is given: games, disks, directories, files through libretro's VFS, save RAM."""
